import { expect, it } from 'vitest';
import { answeredQuestions } from './answered.ts';
import { arithmetic } from './domain.ts';
import { heldOut, MAX_HELD_OUT } from './held-out.ts';

it('returns distinct questions with correct answers, none of them held out', () => {
  const questions = answeredQuestions(1200, 7);
  expect(new Set(questions.map(({ text }) => text)).size).toBe(1200);
  for (const { text, answer } of questions) expect(arithmetic.truth(text)).toBe(answer);
  expect(questions.filter(({ text }) => arithmetic.isHeldOut(text))).toEqual([]);
  const test = new Set(heldOut(MAX_HELD_OUT).map(({ text }) => text));
  expect(questions.filter(({ text }) => test.has(text))).toEqual([]);
});

it('covers the operation counts of the test in equal parts', () => {
  const operations = answeredQuestions(60, 1).map(({ text }) => arithmetic.difficulty(text));
  expect([1, 2, 3, 4, 5, 6].map((count) => operations.filter((one) => one === count).length)).toEqual(
    Array(6).fill(10),
  );
});

it('is deterministic per seed, and a longer list starts with the shorter one', () => {
  expect(answeredQuestions(30, 1)).toEqual(answeredQuestions(50, 1).slice(0, 30));
  expect([1, 2].map((seed) => answeredQuestions(2, seed))).toEqual([
    [
      { text: 'Compute 83 - 37.', answer: '46' },
      { text: 'Compute 33 - 29 + 47.', answer: '51' },
    ],
    [
      { text: 'What is 5 * 6?', answer: '30' },
      { text: 'Compute 30 + 96 + 99.', answer: '225' },
    ],
  ]);
});
