import { expect, it } from 'vitest';
import { columnsOf, fullRange, type Line, zoomed } from './line.ts';

const line: Line = {
  key: 'a',
  name: 'a',
  run: null,
  x: [1, 2, 3],
  y: [0, 4, null],
  low: [-1, 3, null],
  high: [1, 5, null],
  hasBand: true,
  colour: '--series-1',
  dash: [],
  place: String,
};

it('returns the columns of a line', () => {
  expect(columnsOf(line, { smoothing: 0.5, log: false }, [1, 3], 100)).toEqual([
    [1, 2, 3],
    [0, 4, null],
    [0, 4 / 1.5, null],
    [-1, 3, null],
    [1, 5, null],
  ]);
});

it('leaves out of a logarithmic axis what has no logarithm', () => {
  expect(columnsOf(line, { smoothing: 0, log: true }, [1, 3], 100).slice(1)).toEqual([
    [null, 4, null],
    [null, 4, null],
    [null, 3, null],
    [1, 5, null],
  ]);
});

it('finds the range of all lines', () => {
  expect(fullRange([{ x: [3, 9] }, { x: [] }, { x: [1] }])).toEqual([1, 9]);
  expect(fullRange([{ x: [4] }])).toEqual([3.5, 4.5]);
  expect(fullRange([{ x: [] }])).toBeNull();
});

it('zooms around a point, and shows all again at the ends', () => {
  expect(zoomed([0, 100], [0, 100], 50, 0.5)).toEqual([25, 75]);
  expect(zoomed([25, 75], [0, 100], 25, 0.5)).toEqual([25, 50]);
  expect(zoomed([25, 75], [0, 100], 50, 2)).toBeNull();
});
