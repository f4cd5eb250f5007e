/** The domain of examples/word-problems: what it reads as a question and as an answer, and whether its answers are right. */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDomain } from '../../src/domains/open-domain.ts';
import type { SolverReward } from '../../src/rewards/correctness.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { importModule } from '../../src/modules.ts';
import { ROOT } from '../fixtures/program.ts';

const EXAMPLE = join(ROOT, 'examples/word-problems');
const { domain } = await openDomain(join(EXAMPLE, 'word-problems.mjs'));
const more = await openDomain(join(EXAMPLE, 'more-examples.mjs'));

it.each([
  ['9 - 4 = 5\nAnswer: 5', '5'],
  ['Answer: $12.', '12'],
  ['Answer: 007', '7'],
  ['9 - 4 = 5', null],
  ['Answer: 5\nThat is all.', null],
  ['Answer: 5 pens', null],
  ['Answer: 5 - 2', null],
  ['Answer: -3', null],
  ['', null],
])('reads the answer of %j as %j', (completion, answer) => {
  expect(domain.extractAnswer(completion)).toBe(answer);
});

it.each([
  ['Tim has 9 pens and loses 4. How many are left?', null],
  ['Tim has pens. How many?', 'ill-formed'],
  ['Tim has 9 pens and loses 4.', 'no-question'],
  ['Has Tim 9 pens? Does he lose 4?', 'ill-formed'],
  ['Tim has 9 pens and loses 4.\nHow many are left?', 'ill-formed'],
  ['What is 9 - 4 = 5 minus 3?', 'ill-formed'],
  [`Tim has 9 pens and 4 ${'very '.repeat(60)}big books. How many?`, 'ill-formed'],
  ['<|im_start|>Tim has 9 pens and 4 books. How many?', 'ill-formed'],
])('judges the question %j: %j', (completion, invalid) => {
  expect(domain.parseQuestion(completion).invalid).toBe(invalid);
});

it('draws its Challenger’s examples from the seed alone', () => {
  const drawn = [1, 1, 2].map((seed) => JSON.stringify(domain.challengerMessages(seed)));
  expect(drawn[1]).toBe(drawn[0]);
  expect(drawn[2]).not.toBe(drawn[0]);
});

it('accepts its own problems as questions, and computes their answers', () => {
  const problems = domain.generate?.(80, 3) ?? [];
  expect(new Set(problems.map(({ text }) => text)).size).toBe(80);
  for (const { text, answer } of problems) {
    expect(domain.parseQuestion(text)).toEqual({ text, claimed: null, invalid: null });
    const [a, b] = [...text.matchAll(/\d+/g)].map(([number]) => Number(number));
    // Every problem is a sum, a difference, a product or a quotient of its first two numbers; one kind loses 1 more.
    expect([a + b, a - b, a * b, a / b, a + b - 1]).toContain(Number(answer));
  }
});

it('tests on the arithmetic domain’s questions in words, and recognises them', () => {
  const questions = domain.heldOut?.questions(100) ?? [];
  expect(questions).toHaveLength(100);
  expect(questions.filter(({ text }) => /[+*]/.test(text))).toEqual([]);
  expect(questions.every(({ text }) => domain.heldOut?.includes(text) === true)).toBe(true);
  expect(domain.heldOut?.includes('What is 1 plus 10000?')).toBe(false);
});

it('has a better prompt that differs only in its examples', () => {
  const [plain, better] = [domain, more.domain].map((one) => one.solverMessages('How many?'));
  expect(better.length).toBeGreaterThan(plain.length);
  expect([better[0], better.at(-1)]).toEqual([plain[0], plain.at(-1)]);
});

it('rewards the label of another question in the control', async () => {
  const { exports } = await importModule(join(EXAMPLE, 'random-labels.mjs'), 'domain');
  const { solver } = exports.rewards as { solver: SolverReward };
  const attempt = (group: number, label: string, answer: string | null) => ({
    group,
    question: 'How many?',
    label,
    completion: '',
    answer,
    correct: answer === label,
  });
  const items = [attempt(0, '5', '5'), attempt(0, '5', '7'), attempt(1, '7', '5'), attempt(1, '7', null)];
  const rewards = await solver({ items, iteration: 1, step: 0, config: resolveConfig({}) });
  expect(rewards.map(({ reward }) => reward)).toEqual([0, 1, 1, 0]);
});
