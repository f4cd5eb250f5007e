import { expect, it } from 'vitest';

import { differenceOf } from './prove.ts';

it('divides the largest difference by the largest value', () => {
  expect(differenceOf([1, -40, 2], [1, -40, 6], true)).toBeCloseTo(0.1, 10);
  expect(differenceOf([0.1, 0.2], [0.1, 0.25], true)).toBeCloseTo(0.05, 10);
  expect(differenceOf([-1e9, 3], [-1e9, 3], true)).toBe(0);
});

it('finds what is no number, and other lengths', () => {
  expect(differenceOf([1, 2], [1, NaN], true)).toBe(Infinity);
  expect(differenceOf([1, 2], [1, Infinity], true)).toBe(Infinity);
  expect(differenceOf([1, 2], [1], true)).toBe(Infinity);
});

it('compares integers exactly', () => {
  expect(differenceOf([100_000, 2], [100_000, 2], false)).toBe(0);
  expect(differenceOf([100_000, 2], [100_001, 2], false)).toBe(Infinity);
});
