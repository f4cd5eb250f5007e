import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAdvantages, hasVariance } from './advantages.ts';

/** Made by test/fixtures/make/grpo.py. */
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  advantages: { rewards: number[]; normalized: number[]; centred: number[] }[];
};

const rewards = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 16 });

describe('groupAdvantages', () => {
  it.each(fixture.advantages)('agrees with PyTorch on $rewards', ({ rewards, normalized, centred }) => {
    const ours = [groupAdvantages(rewards, { normalizeStd: true }), groupAdvantages(rewards, { normalizeStd: false })];
    normalized.forEach((value, i) => expect(ours[0][i]).toBeCloseTo(value, 12));
    centred.forEach((value, i) => expect(ours[1][i]).toBeCloseTo(value, 12));
  });

  it('is one half of the square root of two, up and down, for one right and one wrong', () => {
    const [wrong, right] = groupAdvantages([0, 1], { normalizeStd: true });
    expect(right).toBeCloseTo(Math.SQRT1_2, 5);
    expect(wrong).toBe(-right);
  });

  it('is exactly zero for equal rewards, even where their mean is not exact', () => {
    for (const normalizeStd of [true, false]) {
      expect([...groupAdvantages([0.1, 0.1, 0.1], { normalizeStd })]).toEqual([0, 0, 0]);
    }
  });

  it('sums to zero, keeps the order, and forgets a shift of all rewards', () => {
    fc.assert(
      fc.property(rewards, fc.boolean(), fc.integer({ min: -3, max: 3 }), (group, normalizeStd, shift) => {
        const ours = groupAdvantages(group, { normalizeStd });
        expect(ours.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
        const order = group.map((_, i) => i).toSorted((a, b) => group[a] - group[b]);
        for (let i = 1; i < order.length; i++) expect(ours[order[i]]).toBeGreaterThanOrEqual(ours[order[i - 1]]);
        const shifted = groupAdvantages(
          group.map((reward) => reward + shift),
          { normalizeStd: false },
        );
        const centred = groupAdvantages(group, { normalizeStd: false });
        shifted.forEach((value, i) => expect(value).toBeCloseTo(centred[i], 9));
      }),
    );
  });
});

describe('hasVariance', () => {
  it('is false for equal rewards and for groups too small to differ', () => {
    expect(hasVariance([])).toBe(false);
    expect(hasVariance([1])).toBe(false);
    expect(hasVariance([0.5, 0.5, 0.5])).toBe(false);
    expect(hasVariance([0, 0, 1e-9])).toBe(true);
  });
});
