import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { filledWithLowest, scoresOf, type Scorer } from './scorer.ts';
import { groupOf } from './scoring.contract.ts';
import { consensus, entropy, randomScorer } from './text-scorers.ts';

describe('consensus', () => {
  it('prefers what resembles the group, group by group', async () => {
    const groups = [groupOf('t', ['a b', 'a b', 'x']), groupOf('u', ['x'])];
    expect(await scoresOf(consensus, groups)).toEqual([[0.5, 0.5, 0], [0]]);
  });
});

describe('entropy', () => {
  it('is the mean log-probability under the policy that wrote the response', async () => {
    const groups = [groupOf('t', ['ab', 'c', ''], [-0.5, -2, -9])];
    expect(await scoresOf(entropy, groups)).toEqual([[-0.5, -2, -2]]);
  });
});

describe('the random scorer', () => {
  it('depends on seed, task and text alone', async () => {
    const [one] = await scoresOf(randomScorer(1), [groupOf('t', ['a', 'b', 'a'])]);
    expect(one[0]).toBe(one[2]);
    expect(one[0]).not.toBe(one[1]);
    expect(await scoresOf(randomScorer(1), [groupOf('t', ['b', 'a'])])).toEqual([[one[1], one[0]]]);
    expect((await scoresOf(randomScorer(2), [groupOf('t', ['a'])]))[0]).not.toEqual([one[0]]);
    expect((await scoresOf(randomScorer(1), [groupOf('u', ['a'])]))[0]).not.toEqual([one[0]]);
  });
});

describe('scoresOf', () => {
  const returning = (scores: unknown): Scorer => ({ name: 'mine', score: async () => scores as number[][] });

  it.each([[undefined], [[]], [[[1]]], [[[1, Number.NaN]]], [[[1, '2']]], [[[1, 2], [3]]]])(
    'refuses %j for a group of two',
    async (scores) => {
      const scored = scoresOf(returning(scores), [groupOf('t', ['a', 'b'])]);
      await expect(scored).rejects.toThrow(ConfigError);
      await expect(scored).rejects.toThrow('The scorer mine did not return one finite number for each response.');
    },
  );

  it('asks nothing without groups', async () => {
    const never: Scorer = { name: 'never', score: () => Promise.reject(new Error('asked')) };
    expect(await scoresOf(never, [])).toEqual([]);
  });
});

describe('filledWithLowest', () => {
  it('makes what cannot be scored the worst', () => {
    expect(filledWithLowest([1, null, -2])).toEqual([1, -2, -2]);
    expect(filledWithLowest([null, null])).toEqual([0, 0]);
  });
});
