import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImportanceDials, importanceWeights } from './importance.ts';

const CORRECTIONS = ['token-truncate', 'sequence-truncate', 'token-mask', 'sequence-mask', 'geometric-mask'] as const;

/** A rollout after one prompt position; the trainer assigns `m` times the sampler's probability. */
function rollout(ratios: number[]): { behaviour_T: number[]; sampled_T: number[]; mask_T: number[] } {
  return {
    behaviour_T: [Number.NaN, ...ratios.map((m) => -4 + Math.log(m))],
    sampled_T: [Number.NaN, ...ratios.map(() => -4)],
    mask_T: [0, ...ratios.map(() => 1)],
  };
}

function weights(ratios: number[], dials: ImportanceDials): number[] {
  const weight_T = importanceWeights(rollout(ratios), dials);
  return weight_T === null ? [] : [...weight_T].map((value) => Number(value.toFixed(9)));
}

describe('importanceWeights', () => {
  it('truncates from above, per token or per sequence', () => {
    const dials = { importanceLow: 0, importanceHigh: 2 };
    expect(weights([3, 0.5, 1], { importanceCorrection: 'token-truncate', ...dials })).toEqual([0, 2, 0.5, 1]);
    expect(weights([3, 0.5, 1], { importanceCorrection: 'sequence-truncate', ...dials })).toEqual([0, 1.5, 1.5, 1.5]);
    expect(weights([3, 2], { importanceCorrection: 'sequence-truncate', ...dials })).toEqual([0, 2, 2]);
  });

  it('masks outliers: a token, or a whole sequence', () => {
    const dials = { importanceLow: 0.5, importanceHigh: 2 };
    expect(weights([3, 0.4, 1.5], { importanceCorrection: 'token-mask', ...dials })).toEqual([0, 0, 0, 1.5]);
    expect(weights([3, 0.4], { importanceCorrection: 'sequence-mask', ...dials })).toEqual([0, 1.2, 1.2]);
    expect(weights([3, 1], { importanceCorrection: 'sequence-mask', ...dials })).toEqual([0, 0, 0]);
    expect(weights([0.4], { importanceCorrection: 'sequence-mask', ...dials })).toEqual([0, 0]);
  });

  it('applies a geometric mask by the mean gap per token, with weight 1', () => {
    const dials = { importanceCorrection: 'geometric-mask', importanceLow: 0.99, importanceHigh: 1.01 } as const;
    expect(weights([2, 0.5], dials)).toEqual([0, 1, 1]);
    expect(weights([1.02, 1.02], dials)).toEqual([0, 0, 0]);
    expect(weights(Array(100).fill(1.005), dials).slice(1)).toEqual(Array(100).fill(1));
  });

  it('returns null without a correction, and 1 where sampler and trainer agree', () => {
    const limits = { importanceLow: 0, importanceHigh: 2 };
    expect(importanceWeights(rollout([3]), { importanceCorrection: 'none', ...limits })).toBeNull();
    expect(importanceWeights(rollout([3]), { importanceCorrection: 'bypass', ...limits })).toBeNull();
    for (const importanceCorrection of CORRECTIONS) {
      expect(weights([1, 1], { importanceCorrection, ...limits })).toEqual([0, 1, 1]);
    }
  });

  it('never exceeds the upper limit, nor falls between 0 and the lower limit of a mask', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...CORRECTIONS),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 1, max: 5, noNaN: true }),
        (ratios, importanceCorrection, importanceLow, importanceHigh) => {
          const dials = { importanceCorrection, importanceLow, importanceHigh };
          for (const weight of importanceWeights(rollout(ratios), dials) ?? []) {
            expect(weight).toBeLessThanOrEqual(importanceHigh);
            if (importanceCorrection.endsWith('-mask') && weight > 0) {
              expect(weight).toBeGreaterThanOrEqual(importanceLow);
            }
          }
        },
      ),
    );
  });
});
