/** The expected numbers were computed in Python with FNV-1a, murmur3's finaliser and mulberry32. Every run depends on them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveSeed, mix32, Random } from './random.ts';

describe('deriveSeed', () => {
  it('returns the expected seeds', () => {
    expect([deriveSeed(), deriveSeed(1), deriveSeed(3, 1, 'pose', 0, 2), deriveSeed(3, 'vote', 'q-1-pool-7')]).toEqual([
      2872998923, 1339420974, 3725389217, 2212094819,
    ]);
  });

  it('distinguishes a number from its text, and the boundaries of parts', () => {
    expect([deriveSeed(1), deriveSeed('1')]).toEqual([1339420974, 1949397971]);
    expect([deriveSeed(3, 11), deriveSeed(31, 1)]).toEqual([1389749144, 4233450188]);
  });
});

describe('mix32', () => {
  it('is murmur3’s finaliser', () => {
    expect([0, 1, 2, 0xffffffff].map(mix32)).toEqual([0, 1364076727, 821347078, 2180083513]);
  });
});

describe('Random', () => {
  it('is mulberry32', () => {
    const random = new Random(1);
    expect([random.next(), random.next(), random.next()]).toEqual([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
    const last = new Random(-1);
    expect([last.next(), last.next()]).toEqual([0.8964226141106337, 0.189478256739676]);
  });

  it('draws integers from both ends, weights in proportion, and shuffles without loss', () => {
    const random = new Random(5);
    const drawn = Array.from({ length: 600 }, () => random.integer(-1, 1));
    expect([...new Set(drawn)].toSorted((a, b) => a - b)).toEqual([-1, 0, 1]);
    const weighted = Array.from({ length: 600 }, () => random.weighted([0, 1, 0, 3, 0]));
    expect([...new Set(weighted)].toSorted((a, b) => a - b)).toEqual([1, 3]);
    expect(weighted.filter((index) => index === 3).length / 600).toBeCloseTo(0.75, 1);
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.nat(), (items, seed) => {
        const inOrder = (list: number[]): number[] => list.toSorted((a, b) => a - b);
        expect(inOrder(new Random(seed).shuffle(items))).toEqual(inOrder(items));
      }),
    );
  });
});
