import { expect, it } from 'vitest';
import { pathOf, place } from './sparkline.ts';

const box = { width: 100, height: 20, pad: 2 };

it('spreads values from the left to the right, the largest at the top', () => {
  expect(place([1, 3, 2], box)).toEqual([
    { x: 2, y: 18 },
    { x: 50, y: 2 },
    { x: 98, y: 10 },
  ]);
});

it('puts equal values in the middle, and a single one at the end', () => {
  expect(place([5, 5], box).map(({ y }) => y)).toEqual([10, 10]);
  expect(place([5], box)).toEqual([{ x: 98, y: 10 }]);
});

it('writes a path', () => {
  expect(pathOf(place([0, 1], box, [0, 2]))).toBe('M2 18L98 10');
  expect(pathOf([])).toBe('');
});
