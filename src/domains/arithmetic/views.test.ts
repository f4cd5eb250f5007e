import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { arithmetic } from './domain.ts';
import { drawQuestion, textOf } from './held-out.ts';
import { parseArithmetic } from './parse.ts';

const questions = fc
  .tuple(fc.nat(), fc.nat(1000))
  .map(([seed, at]) => textOf(new Random(seed), drawQuestion(new Random(seed), at)));

const numbersOf = (text: string): string[] => (text.match(/\d+/g) ?? []).toSorted();

it('keeps the numbers and the answer, and never repeats a text', () => {
  fc.assert(
    fc.property(questions, fc.integer({ min: 1, max: 12 }), fc.nat(), (question, count, seed) => {
      const views = arithmetic.views(question, count, seed);
      expect(views.length).toBeLessThanOrEqual(count);
      expect(new Set([question, ...views.map(({ text }) => text)]).size).toBe(views.length + 1);
      for (const { text } of views) {
        expect(numbersOf(text)).toEqual(numbersOf(question));
        expect(arithmetic.truth(text)).toBe(arithmetic.truth(question));
      }
      expect(arithmetic.views(question, count, seed)).toEqual(views);
    }),
  );
});

it('names what it changed: the order, the form, or both', () => {
  fc.assert(
    fc.property(questions, fc.nat(), (question, seed) => {
      const formOf = (text: string): unknown => parseArithmetic(text)?.form;
      const inOrder = (text: string): string => JSON.stringify(parseArithmetic(text)?.sum);
      for (const { kind, text } of arithmetic.views(question, 8, seed)) {
        expect(formOf(text) !== formOf(question)).toBe(kind !== 'order');
        expect(inOrder(text) !== inOrder(question)).toBe(kind !== 'form');
      }
    }),
  );
});

it('finds views of all kinds for a long sum, each with the numbers in another order before a second wording', () => {
  const question = 'Compute 25 + 28 - 5 * 2 + 7.';
  const views = arithmetic.views(question, 10, 1);
  expect(new Set(views.map(({ kind }) => kind))).toEqual(new Set(['order', 'form', 'both']));
  const sums = views.map(({ text }) => JSON.stringify(parseArithmetic(text)));
  expect(new Set(sums).size).toBe(10);
});

it('loses nothing in a story before it is there', () => {
  const views = arithmetic.views('Compute 20 - 12 + 5 - 3.', 20, 4).filter(({ kind }) => kind === 'both');
  expect(views.length).toBeGreaterThan(3);
  for (const { text } of views) {
    const signs = parseArithmetic(text)?.sum.map(({ sign }) => sign);
    expect(signs).toEqual([1, 1, -1, -1]);
  }
});

it('writes no story about negative numbers and products of three, and cannot view what it cannot read', () => {
  const kinds = (question: string): string[] => arithmetic.views(question, 6, 2).map(({ kind }) => kind);
  expect(new Set(kinds('Compute 4 + -3.'))).toEqual(new Set(['order']));
  expect(new Set(kinds('Compute 2 * 3 * 4.'))).toEqual(new Set(['order']));
  expect(new Set(kinds('Compute 7 - 3.'))).toEqual(new Set(['form']));
  expect(kinds('Compute 7 - -3.')).toEqual([]);
  expect(kinds('Compute 7 plus 3.')).toEqual([]);
  expect(kinds('Mia has 3 coins.')).toEqual([]);
});
