import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../../../test/fixtures/eval-report.ts';
import type { SampleVerdict } from '../../../../../src/eval/report/report.ts';
import { findSamples, tallyOf } from './find-samples.ts';

const all = { task: null, verdict: null, search: '' };
const report = makeReport({ samples: 12, completions: 3 });

describe('samples', () => {
  it('are all found without a filter, in order', () => {
    const found = findSamples(report, all);
    expect(found).toHaveLength(6 * 12);
    expect(found.slice(11, 13).map(({ key, task }) => [key, task])).toEqual([
      ['s-0-11', 'gsm8k'],
      ['s-1-0', 'math500'],
    ]);
  });

  it('are found by task, verdict and words', () => {
    expect(findSamples(report, { ...all, task: 'bbeh' }).map(({ task }) => task)).toEqual(Array(12).fill('bbeh'));
    for (const verdict of ['right', 'wrong', 'undecided'] as const) {
      const found = findSamples(report, { ...all, verdict });
      const wanted: readonly SampleVerdict[] = verdict === 'wrong' ? ['wrong', 'unparsable'] : [verdict];
      expect(found.every(({ sample }) => sample.completions.some((one) => wanted.includes(one.verdict)))).toBe(true);
      expect(found.length).toBeLessThan(6 * 12);
    }
    expect(findSamples(report, { ...all, search: ' CHAIRS  amc23-3' }).map(({ sample }) => sample.id)).toEqual([
      'amc23-3',
    ]);
    expect(findSamples(report, { ...all, search: 'no such text' })).toEqual([]);
  });

  it('have a tally of their replies', () => {
    const [{ sample }] = findSamples(report, all);
    const [reply] = sample.completions;
    const completions = (['wrong', 'right', 'wrong', 'unparsable'] as const).map((verdict) => ({ ...reply, verdict }));
    expect(tallyOf({ completions })).toEqual([
      { verdict: 'right', times: 1 },
      { verdict: 'wrong', times: 2 },
      { verdict: 'unparsable', times: 1 },
    ]);
  });
});
