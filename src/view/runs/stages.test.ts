import { expect, it } from 'vitest';
import { stageNumber, STAGES, VERIFIER_STAGES } from '../../roles.ts';
import { roleTitle, stageOrder, stageRole, stageTitle } from './stages.ts';

it('names the stages of the paper and their roles', () => {
  expect(STAGES.map((stage) => [stageTitle(stage), stageRole(stage)])).toEqual([
    ['Train the Challenger', 'challenger'],
    ['Propose questions', 'challenger'],
    ['Vote on answers', 'solver'],
    ['Filter by agreement', null],
    ['Train the Solver', 'solver'],
    ['Evaluate', 'solver'],
  ]);
});

it('puts a stage that the table does not have behind the one before it', () => {
  const seen = ['train-challenger', 'propose', 'train-critic', 'vote'];
  expect(stageOrder(STAGES, seen)).toEqual([
    'train-challenger',
    'propose',
    'train-critic',
    'vote',
    'filter',
    'train-solver',
    'evaluate',
  ]);
  expect(stageOrder(STAGES, ['first', 'propose'])[0]).toBe('first');
});

it('names the role of such a stage by its metrics', () => {
  expect(stageTitle('train-critic')).toBe('train critic');
  expect(stageRole('train-critic', ['time/seconds', 'critic/reward'])).toBe('critic');
  expect(stageRole('audit', ['time/seconds'])).toBeNull();
  expect(roleTitle('critic')).toBe('Critic');
});

it('names and numbers the stages of the Verifier behind the vote', () => {
  expect(VERIFIER_STAGES.map((stage) => [stageNumber(stage), stageTitle(stage), stageRole(stage)])).toEqual([
    ['3a', 'Train the Verifier', 'verifier'],
    ['3b', 'Check the votes', 'verifier'],
  ]);
  expect(STAGES.map(stageNumber)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect(stageNumber('audit')).toBe('0');
});
