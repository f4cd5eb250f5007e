import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvalError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Estimate } from '../types.ts';
import {
  mcnemarPValue,
  meanEstimate,
  pairedDifference,
  pairedNormalPValue,
  passAtK,
  signFlipPValue,
  wilson,
} from './statistics.ts';

/** Made by test/fixtures/make/eval_statistics.py. */
const fixture = JSON.parse(
  readFileSync(new URL('../../test/fixtures/eval-statistics.json', import.meta.url), 'utf8'),
) as {
  means: (Estimate & { scores: number[] })[];
  wilson: (Estimate & { successes: number; trials: number })[];
  paired: { before: number[]; after: number[]; difference: Estimate; normal: number; exact: number }[];
  mcnemar: { before: number; after: number; p: number }[];
  passAtK: { samples: number; correct: number; k: number; value: number }[];
};

function expectEstimate(ours: Estimate, theirs: Estimate): void {
  expect(ours.value).toBeCloseTo(theirs.value, 12);
  expect(ours.low).toBeCloseTo(theirs.low, 12);
  expect(ours.high).toBeCloseTo(theirs.high, 12);
}

describe('meanEstimate', () => {
  it.each(fixture.means)('agrees with the standard library, case %#', (example) => {
    expectEstimate(meanEstimate(example.scores), example);
  });

  it("falls back on Wilson's interval where all scores are 0 or all are 1", () => {
    expect(meanEstimate([0, 0, 0, 0])).toEqual(wilson(0, 4));
    expect(meanEstimate([1, 1, 1])).toEqual(wilson(3, 3));
    expect(meanEstimate([1])).toEqual({ value: 1, low: 0, high: 1 });
    expect(() => meanEstimate([])).toThrow(EvalError);
  });

  it('holds its value and stays a share', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (scores) => {
        const { value, low, high } = meanEstimate(scores);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low - 1e-12).toBeLessThanOrEqual(value);
        expect(high + 1e-12).toBeGreaterThanOrEqual(value);
      }),
    );
  });
});

describe('wilson', () => {
  it.each(fixture.wilson)('solves for the interval of $successes in $trials', (example) => {
    expectEstimate(wilson(example.successes, example.trials), example);
  });
});

describe('paired comparisons', () => {
  it.each(fixture.paired)(
    'agree with the standard library, case %#',
    ({ before, after, difference, normal, exact }) => {
      expectEstimate(pairedDifference(before, after), difference);
      expect(Math.abs(pairedNormalPValue(before, after) - normal)).toBeLessThan(1e-12);
      const flipped = signFlipPValue(before, after, { random: new Random(1) });
      const resampled = before.filter((value, i) => value !== after[i]).length > 16;
      expect(Math.abs(flipped - exact)).toBeLessThan(resampled ? 0.02 : 1e-12);
    },
  );

  it('find nothing where nothing changed, and refuse different tests', () => {
    const scores = [0.5, 0.25, 1];
    expect(pairedDifference(scores, scores)).toEqual({ value: 0, low: 0, high: 0 });
    expect(pairedNormalPValue(scores, scores)).toBe(1);
    expect(signFlipPValue(scores, scores, { random: new Random(1) })).toBe(1);
    expect(() => pairedDifference([1], [1, 0])).toThrow(EvalError);
    expect(pairedDifference([0], [1])).toEqual({ value: 1, low: -1, high: 1 });
  });

  it('do not call a few lucky questions significant', () => {
    expect(signFlipPValue([0, 0], [1, 1], { random: new Random(1) })).toBe(0.5);
    expect(pairedNormalPValue([0, 0], [1, 1])).toBeCloseTo(0.1573, 4);
  });

  it('are as surprised by a gain as by a loss, and repeatable from a seed', () => {
    const random = new Random(3);
    const before = Array.from({ length: 40 }, () => random.integer(0, 8) / 8);
    const after = before.map((value) => Math.min(1, value + random.integer(0, 1) / 8));
    const gain = signFlipPValue(before, after, { random: new Random(9), resamples: 2000 });
    expect(signFlipPValue(before, after, { random: new Random(9), resamples: 2000 })).toBe(gain);
    expect(signFlipPValue(after, before, { random: new Random(9), resamples: 2000 })).toBe(gain);
    expect(gain).toBeLessThan(0.01);
  });
});

describe('mcnemarPValue', () => {
  it.each(fixture.mcnemar)('is the exact binomial tail of $before against $after', ({ before, after, p }) => {
    expect(mcnemarPValue(before, after)).toBeCloseTo(p, 12);
    expect(mcnemarPValue(after, before)).toBeCloseTo(p, 12);
  });

  it('is the sign-flip test on right-or-wrong scores', () => {
    const before = [1, 1, 0, 0, 0, 0, 0, 1, 0];
    const after = [0, 1, 1, 1, 1, 1, 0, 1, 1];
    expect(signFlipPValue(before, after, { random: new Random(1) })).toBeCloseTo(mcnemarPValue(1, 5), 12);
  });
});

describe('passAtK', () => {
  it.each(fixture.passAtK)('counts the draws of $k out of $samples with $correct correct', (example) => {
    expect(passAtK(example.samples, example.correct, example.k)).toBeCloseTo(example.value, 12);
  });

  it('refuses more draws than samples', () => {
    expect(() => passAtK(4, 2, 5)).toThrow(EvalError);
  });
});
