import { afterAll, expect, it } from 'vitest';
import { createGrader } from '../../answers/grader.ts';
import { bestIteration, consensusScores } from './best.ts';

const grader = createGrader();
afterAll(() => grader.close());

it('scores an iteration by the share of its answers that equal the joint majority', async () => {
  const iterations = [
    {
      iteration: 0,
      votes: [
        ['1', '2', null, '3'],
        ['5', '5', '6', '7'],
      ],
    },
    {
      iteration: 1,
      votes: [
        ['1', '1', '1.0', '2'],
        ['5', '5', '5', '6'],
      ],
    },
  ];
  expect(await consensusScores(grader, iterations)).toEqual([(1 / 4 + 2 / 4) / 2, (3 / 4 + 3 / 4) / 2]);
  expect(await bestIteration(grader, iterations)).toBe(1);
});

it('scores a Solver low that gives the same answer to everything', async () => {
  const able = (question: number): string[] => [String(question), String(question), String(question), '9'];
  const questions = [0, 1, 2, 3, 4];
  const iterations = [
    { iteration: 0, votes: questions.map(able) },
    { iteration: 1, votes: questions.map(able) },
    { iteration: 2, votes: questions.map(() => ['7', '7', '7', '7']) },
  ];
  expect(await bestIteration(grader, iterations)).toBe(0);
});

it('chooses the earlier iteration on a tie, and accepts questions without answers', async () => {
  expect(
    await bestIteration(grader, [
      { iteration: 1, votes: [[null]] },
      { iteration: 2, votes: [[null]] },
    ]),
  ).toBe(1);
});
