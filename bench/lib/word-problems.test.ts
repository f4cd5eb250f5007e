import { expect, it } from 'vitest';
import { tokenize } from '../../src/text/ngrams.ts';
import { wordProblems } from './word-problems.ts';

it('generates questions of about 60 words, the same for the same seed', () => {
  const problems = wordProblems(300, 1);
  const words = problems.reduce((sum, text) => sum + tokenize(text).length, 0) / problems.length;
  expect(words).toBeGreaterThan(50);
  expect(words).toBeLessThan(70);
  expect(wordProblems(300, 1)).toEqual(problems);
  expect(new Set([...problems, ...wordProblems(300, 2)]).size).toBe(600);
  expect(problems.join('')).not.toMatch(/[@%^#]/);
});
