import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimate, lowerBound, nearest } from './decimate.ts';

const line = fc.array(fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { nil: null, freq: 8 }), {
  minLength: 1,
  maxLength: 3000,
});
const columns = fc.integer({ min: 1, max: 60 });

describe('decimate', () => {
  it('keeps the smallest and the largest value of every column, and both ends', () => {
    fc.assert(
      fc.property(line, columns, (ys, width) => {
        const xs = ys.map((_, at) => at);
        const kept = decimate(xs, ys, [0, ys.length - 1], width);
        const values = (indices: readonly number[]): number[] => indices.flatMap((at) => ys[at] ?? []);
        expect(Math.min(...values(kept))).toBe(Math.min(...values(xs)));
        expect(Math.max(...values(kept))).toBe(Math.max(...values(xs)));
        expect(kept[0]).toBe(0);
        expect(kept.at(-1)).toBe(ys.length - 1);
        const column = (at: number): number => Math.min(width - 1, Math.floor((at * width) / (ys.length - 1)));
        for (let at = 1; ys.length > 4 * width && at < width - 1; at++) {
          // A point on the border between two columns may belong to either.
          const inside = xs.filter((x) => column(x - 0.5) === at && column(x + 0.5) === at);
          const drawn = kept.filter((x) => column(x - 1) <= at && column(x + 1) >= at);
          const most = Math.max(...values(inside));
          if (values(inside).length > 0) expect(Math.max(...values(drawn))).toBeGreaterThanOrEqual(most);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('returns ascending indices, at most four per column', () => {
    fc.assert(
      fc.property(line, columns, (ys, width) => {
        const xs = ys.map((_, at) => at * 2);
        const kept = decimate(xs, ys, [0, ys.length * 2], width);
        expect(kept).toEqual([...new Set(kept)].toSorted((a, b) => a - b));
        expect(kept.length).toBeLessThanOrEqual(Math.max(4 * width, Math.min(ys.length, 4 * width)));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a peak of one point among 100,000', () => {
    const ys = Array.from({ length: 100_000 }, (_, at) => (at === 54_321 ? 9 : Math.sin(at)));
    const kept = decimate(
      ys.map((_, at) => at),
      ys,
      [0, 99_999],
      400,
    );
    expect(kept).toContain(54_321);
    expect(kept.length).toBeLessThanOrEqual(1600);
  });

  it('keeps all points of a range with few, and one on either side of it', () => {
    const xs = Array.from({ length: 100_000 }, (_, at) => at);
    expect(decimate(xs, xs, [500, 503], 300)).toEqual([499, 500, 501, 502, 503, 504]);
    expect(decimate([], [], [0, 1], 10)).toEqual([]);
    expect(decimate([7], [1], [0, 1], 10)).toEqual([0]);
  });
});

describe('nearest', () => {
  it('finds the closest place', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -500, max: 500 }), { minLength: 1 }), fc.integer(), (some, x) => {
        const xs = some.toSorted((a, b) => a - b);
        const distance = Math.min(...xs.map((one) => Math.abs(one - x)));
        expect(Math.abs(xs[nearest(xs, x)] - x)).toBe(distance);
      }),
    );
    expect(nearest([], 3)).toBe(-1);
  });
});

it('searches an ascending list', () => {
  expect([0, 1, 2, 5, 6].map((value) => lowerBound([1, 2, 2, 5], value))).toEqual([0, 0, 1, 3, 4]);
});
