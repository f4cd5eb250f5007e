import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestOfGroup, pairsRight } from './rankers.ts';

describe('pairsRight', () => {
  it('counts pairs of different quality within groups, ties one half', () => {
    expect(pairsRight([[1, 2, 3]], [[0, 0.5, 0.2]])).toBe(2 / 3);
    expect(
      pairsRight(
        [
          [1, 1],
          [2, 1],
        ],
        [
          [0, 1],
          [0, 1],
        ],
      ),
    ).toBe(0.25);
    expect(pairsRight([[1, 2]], [[0.5, 0.5]])).toBeNull();
  });

  it('is 1 for the quality itself, and 0 for its opposite', () => {
    const group = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), (qualities) => {
        expect(pairsRight(qualities, qualities)).toBe(1);
        expect(
          pairsRight(
            qualities.map((row) => row.map((one) => -one)),
            qualities,
          ),
        ).toBe(0);
      }),
    );
  });
});

describe('bestOfGroup', () => {
  it('is the mean quality of what each group ranks first', () => {
    expect(
      bestOfGroup(
        [
          [1, 3, 2],
          [5, 5],
        ],
        [
          [0.1, 0.2, 0.9],
          [0.6, 1],
        ],
      ),
    ).toBeCloseTo(0.4, 12);
    expect(bestOfGroup([], [])).toBeNull();
  });
});
