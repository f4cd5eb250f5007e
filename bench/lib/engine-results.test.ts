import { expect, it } from 'vitest';
import { compareResults, type EngineResult, mergeRows } from './engine-results.ts';

const row = (name: string, value: number): EngineResult => ({
  command: '',
  at: '',
  machine: { cpu: '', cores: 1, memoryGiB: 1, platform: '', node: '' },
  sources: '',
  row: name,
  shape: '5m',
  what: '',
  seconds: {},
  figures: {},
  ratios: [{ name: 'against x', value, wanted: null }],
});

it('finds ratios that fell by more than a fifth, and ignores unknown ones', () => {
  const baseline = { rows: [row('sampling', 5), row('train', 1), row('gone', 1)] };
  const now = { rows: [row('sampling', 3.99), row('train', 0.81), row('new', 0.1)] };
  const found = compareResults(baseline, now).map(({ name, fell }) => [name, fell]);
  expect(found).toEqual([
    ['sampling 5m: against x', true],
    ['train 5m: against x', false],
  ]);
});

it('replaces rows that were measured again and keeps the others', () => {
  const merged = mergeRows({ rows: [row('sampling', 5), row('train', 1)] }, [row('train', 2)]);
  expect(merged.rows.map((one) => [one.row, one.ratios[0].value])).toEqual([
    ['sampling', 5],
    ['train', 2],
  ]);
  expect(mergeRows(null, [row('a', 1)]).rows).toHaveLength(1);
});
