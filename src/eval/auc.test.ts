import fc from 'fast-check';
import { expect, it } from 'vitest';
import { auc } from './auc.ts';

const items = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), isTrue: fc.boolean() }), { maxLength: 30 });

it('counts the pairs of a true and a false item', () => {
  fc.assert(
    fc.property(items, (some) => {
      const pairs = some
        .filter(({ isTrue }) => isTrue)
        .flatMap((right) => some.filter(({ isTrue }) => !isTrue).map((wrong) => Math.sign(right.score - wrong.score)));
      const area = auc(some);
      if (pairs.length === 0) expect(area).toBeNull();
      else expect(area).toBeCloseTo(pairs.reduce((sum, sign) => sum + (sign + 1) / 2, 0) / pairs.length, 12);
    }),
  );
});

it('is 1 for a perfect order, 0 for the reverse, and one half for ties', () => {
  const area = (...scores: number[]): number | null => auc(scores.map((score, at) => ({ score, isTrue: at < 2 })));
  expect(area(0.9, 0.8, 0.7, 0.1)).toBe(1);
  expect(area(0.1, 0.2, 0.7, 0.9)).toBe(0);
  expect(area(0.5, 0.5, 0.5)).toBe(0.5);
});
