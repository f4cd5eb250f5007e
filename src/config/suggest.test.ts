import { describe, expect, it } from 'vitest';
import { nearestKey } from './suggest.ts';

describe('nearestKey', () => {
  const valid = ['seed', 'solver.steps', 'solver.maxTokens', 'pool.questions'];
  it.each([
    ['solver.step', 'solver.steps'],
    ['sede', 'seed'],
    ['solver.stpes', 'solver.steps'],
    ['SOLVER.STEPS', 'solver.steps'],
    ['solvr.maxTokens', 'solver.maxTokens'],
    ['foo', null],
    ['solver.questions', 'pool.questions'],
    ['max_tokens', 'solver.maxTokens'],
    ['entirely.different', null],
    ['x'.repeat(1000), null],
  ])('%s', (key, expected) => {
    expect(nearestKey(key, valid)).toBe(expected);
  });
});
