import { expect, it } from 'vitest';
import { questionsWithAnswers } from './questions-with-answers.ts';
import { arithmetic } from './domain.ts';
import { heldOut, MAX_HELD_OUT } from './held-out.ts';

it('returns distinct questions with correct answers, none of them held out', () => {
  const questions = questionsWithAnswers(1200, 7);
  expect(new Set(questions.map(({ text }) => text)).size).toBe(1200);
  for (const { text, answer } of questions) expect(arithmetic.truth(text)).toBe(answer);
  expect(questions.filter(({ text }) => arithmetic.heldOut.includes(text))).toEqual([]);
  const test = new Set(heldOut(MAX_HELD_OUT).map(({ text }) => text));
  expect(questions.filter(({ text }) => test.has(text))).toEqual([]);
});

it('covers the operation counts of the test in equal parts', () => {
  const operations = questionsWithAnswers(60, 1).map(({ text }) => arithmetic.difficulty.of(text));
  expect([1, 2, 3, 4, 5, 6].map((count) => operations.filter((one) => one === count).length)).toEqual(
    Array(6).fill(10),
  );
});

it('is deterministic per seed, and a longer list starts with the shorter one', () => {
  expect(questionsWithAnswers(30, 1)).toEqual(questionsWithAnswers(50, 1).slice(0, 30));
  expect([1, 2].map((seed) => questionsWithAnswers(2, seed))).toEqual([
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
