import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bigramOverlap, bigrams, distinctBigrams, meanOverlaps } from './overlap.ts';

const overlap = (a: string, b: string): number => bigramOverlap(bigrams(a), bigrams(b));

describe('bigramOverlap', () => {
  it('counts shared bigrams, with the ends of the texts and ignoring case', () => {
    // ^a, ab, b$ and ^a, ac, c$.
    expect(overlap('a b', 'A c')).toBeCloseTo(2 / 6, 12);
    expect(overlap('a b', 'b a')).toBe(0);
    expect(overlap('word', 'word')).toBe(1);
  });

  it('counts a repeated bigram as often as both texts have it', () => {
    // ^a, aa, aa, a$ and ^a, aa, a$.
    expect(overlap('a a a', 'a a')).toBeCloseTo((2 * 3) / 7, 12);
  });

  it('is symmetric, in 0..1, and 1 for a text with itself', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(overlap(a, b)).toBe(overlap(b, a));
        expect(overlap(a, b)).toBeGreaterThanOrEqual(0);
        expect(overlap(a, b)).toBeLessThanOrEqual(1);
        expect(overlap(a, a)).toBe(1);
      }),
    );
  });
});

describe('meanOverlaps', () => {
  it('is the mean over the others', () => {
    expect(meanOverlaps(['a b', 'a b', 'c'])).toEqual([0.5, 0.5, 0]);
    expect(meanOverlaps(['a b'])).toEqual([0]);
  });
});

describe('distinctBigrams', () => {
  it('is 1 if no bigram repeats, and one half for two equal texts', () => {
    expect(distinctBigrams(['a b', 'c d'])).toBe(1);
    expect(distinctBigrams(['a b', 'a b'])).toBe(0.5);
  });
});
