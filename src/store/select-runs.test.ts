import { expect, it } from 'vitest';
import type { ReadableRun, RunListing } from './runs.ts';
import { selectRuns } from './select-runs.ts';

const run = (id: string, more: Partial<ReadableRun>): ReadableRun => ({
  id,
  dir: `/runs/${id}`,
  created: '2026-11-30T02:43:10.000Z',
  model: 'models/arith-base',
  domain: 'arithmetic',
  cursor: { iteration: 1, stage: 'done', step: 0 },
  iterations: 1,
  outcome: 'finished',
  score: null,
  ...more,
});
const RUNS: RunListing[] = [
  run('a-01', {}),
  run('b-01', { model: '/cache/Qwen3-0.6B-Base', domain: 'math' }),
  run('c-01', { outcome: 'unfinished' }),
  { id: 'old', dir: '/runs/old', outcome: 'broken', reason: 'damaged' },
];

it.each([
  [{}, ['a-01', 'b-01', 'c-01', 'old']],
  [{ state: 'finished' }, ['a-01', 'b-01']],
  [{ state: 'broken' }, ['old']],
  [{ domain: 'math' }, ['b-01']],
  [{ domain: 'mat' }, []],
  [{ model: 'qwen3' }, ['b-01']],
  [{ text: 'ARITH' }, ['a-01', 'c-01']],
  [{ text: 'old' }, ['old']],
  [{ text: 'c-0', state: 'finished' }, []],
  [{ text: '01', state: 'unfinished', model: 'base', domain: 'arithmetic' }, ['c-01']],
])('%j selects %j', (filter, expected) => {
  expect(selectRuns(RUNS, filter).map(({ id }) => id)).toEqual(expected);
});
