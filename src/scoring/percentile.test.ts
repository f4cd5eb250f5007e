import { describe, expect, it } from 'vitest';
import { percentile, placesInBand } from './percentile.ts';

describe('percentile', () => {
  it('interpolates like NumPy', () => {
    // numpy.percentile([3, 1, 2, 10], [0, 25, 50, 90, 100])
    const values = [3, 1, 2, 10];
    expect([0, 25, 50, 100].map((at) => percentile(values, at))).toEqual([1, 1.75, 2.5, 10]);
    expect(percentile(values, 90)).toBeCloseTo(7.9, 12);
    expect(percentile([], 50)).toBeNull();
    expect(percentile([4], 50)).toBe(4);
  });
});

describe('placesInBand', () => {
  it('keeps the ends', () => {
    expect(placesInBand([1, 2, 3], { low: 0, high: 50 })).toEqual(['inside', 'inside', 'above']);
    expect(placesInBand([3, 2, 1], { low: 50, high: 100 })).toEqual(['inside', 'inside', 'below']);
    expect(placesInBand([], { low: 0, high: 100 })).toEqual([]);
  });
});
