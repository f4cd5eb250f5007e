import fc from 'fast-check';
import { expect, it } from 'vitest';
import { consensus } from './consensus.ts';

it('is the mean of Dice coefficients of bigrams', () => {
  // Bigrams with the ends: "a b" has (^ a)(a b)(b $), "a c" has (^ a)(a c)(c $), "a b c" has (^ a)(a b)(b c)(c $).
  const [first, second, third] = consensus(['a b', 'a c', 'a b c']);
  expect(first).toBeCloseTo((2 / 6 + 4 / 7) / 2, 12);
  expect(second).toBeCloseTo((2 / 6 + 4 / 7) / 2, 12);
  expect(third).toBeCloseTo((4 / 7 + 4 / 7) / 2, 12);
});

it('counts repeated bigrams as often as both texts have them', () => {
  const [value] = consensus(['a a a', 'a a']);
  expect(value).toBeCloseTo((2 * 3) / (4 + 3), 12);
});

it('is 1 for equal texts, 0 for a single one, and the same in any order', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
      const values = consensus(texts);
      const reversed = consensus(texts.toReversed()).toReversed();
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(reversed[at], 12);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      });
      expect(consensus([texts[0]])).toEqual(Float64Array.of(0));
      expect(consensus([texts[0], texts[0]])).toEqual(Float64Array.of(1, 1));
    }),
  );
});
