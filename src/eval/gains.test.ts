import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvalResult } from '../types.ts';
import { evaluation } from '../../test/fixtures/run-summary.ts';
import { compareArms, gainsOver, largestFall, overSeeds, shareAfterFirst } from './gains.ts';

describe('overSeeds', () => {
  it("computes Student's interval", () => {
    // t(0.975, 2) = 4.3027, standard deviation 1, three seeds.
    const { value, low, high } = overSeeds([1, 2, 3]);
    expect(value).toBe(2);
    expect(high - value).toBeCloseTo(4.3027 / Math.sqrt(3), 3);
    expect(value - low).toBeCloseTo(4.3027 / Math.sqrt(3), 3);
  });

  it('returns no bounds for one seed, and rejects an empty list', () => {
    expect(overSeeds([0.2])).toEqual({ value: 0.2, low: -Infinity, high: Infinity });
    expect(() => overSeeds([])).toThrow(RangeError);
  });
});

describe('compareArms', () => {
  const untrained = new Map([
    [1, [0, 0.5, 1, 0.25]],
    [2, [0.5, 0.5, 0.5, 0.5]],
    [9, [1, 1, 1, 1]],
  ]);
  const trained = new Map([
    [2, [0.75, 0.5, 0.5, 1]],
    [1, [0.5, 0.5, 1, 0.5]],
  ]);

  it('pairs seeds and questions, and skips a seed that one arm lacks', () => {
    const { seeds, perSeed, overQuestions } = compareArms(untrained, trained);
    expect(seeds).toEqual([1, 2]);
    expect(perSeed.map(({ gain }) => gain.difference.value)).toEqual([0.1875, 0.1875]);
    expect(overQuestions.difference.value).toBeCloseTo(0.1875, 12);
    // Questions 2 and 3 never changed; of four sign patterns, two are as extreme.
    expect(overQuestions.p).toBe(0.5);
  });

  it('rejects arms without a common seed', () => {
    expect(() => compareArms(untrained, new Map([[7, [1, 1, 1, 1]]]))).toThrow(RangeError);
  });

  it('changes its sign when the arms are swapped', () => {
    const there = compareArms(untrained, trained);
    const back = compareArms(trained, untrained);
    expect(back.overQuestions.difference.value).toBeCloseTo(-there.overQuestions.difference.value, 12);
    expect(back.overSeeds?.low).toBeCloseTo(-(there.overSeeds?.high ?? Number.NaN), 12);
  });
});

describe('gainsOver', () => {
  const of = (iteration: number, mean: number, forced: number): EvalResult => evaluation(iteration, mean, forced);

  it('compares every iteration with the base, sampled and with forced steps', () => {
    const gains = gainsOver([of(0, 0.4, 0.6), of(1, 0.6, 0.66), of(2, 0.7, 0.7)]);
    expect(gains.map(({ sampled }) => sampled.difference.value)).toEqual([expect.closeTo(0.2), expect.closeTo(0.3)]);
    expect(gains[1].overForced?.difference.value).toBeCloseTo(0.1);
    expect(gains[1].forced?.difference.value).toBeCloseTo(0.1);
    expect(gains[1].sampled.p).toBeLessThan(0.001);
    expect(shareAfterFirst(gains)).toBeCloseTo(2 / 3);
  });

  it('returns null without a gain', () => {
    expect(shareAfterFirst(gainsOver([of(0, 0.5, 0.5), of(1, 0.4, 0.5)]))).toBeNull();
  });
});

describe('largestFall', () => {
  it('measures from the best score so far', () => {
    expect(largestFall([0.3, 0.6, 0.55, 0.62, 0.58])).toBeCloseTo(0.05);
  });

  it('returns the largest drop from an earlier to a later score, and 0 without one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (scores) => {
        const pairs = scores.flatMap((early, at) => scores.slice(at).map((late) => early - late));
        expect(largestFall(scores)).toBeCloseTo(Math.max(...pairs), 12);
      }),
    );
  });
});
