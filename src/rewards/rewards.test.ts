import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import { type ChallengerBatch, challengerRewards, defaultChallengerReward } from './challenger.ts';
import { defaultSolverReward, type SolverAttempt, solverReward } from './correctness.ts';
import { memoryPenalties } from './repetition.ts';
import { addPart, type RewardBatch } from './reward.ts';
import { rewardBatch, rewardsOf } from './rewards.ts';

const config = resolveConfig();

function posed(texts: string[], over: Parameters<typeof resolveConfig>[0] = {}): ChallengerBatch {
  const items = texts.map((text, at) => ({
    text,
    invalid: null,
    claimed: '7',
    label: '7',
    agreement: 0.1 * (at + 1),
    completion: `<question>${text}</question>`,
  }));
  return { items, iteration: 2, step: 0, config: resolveConfig(over), earlierTexts: () => ['How many are there?'] };
}

const solved: RewardBatch<SolverAttempt> = {
  items: [true, false].map((correct) => ({
    group: 0,
    question: 'q',
    label: '1',
    completion: '<think>a</think>\\boxed{1}',
    answer: '1',
    correct,
  })),
  iteration: 1,
  step: 0,
  config,
};

describe('the default rewards', () => {
  it('are R-Zero’s rewards of the batch', () => {
    const batch = posed(['Compute 1 + 2.', 'How many are there?']);
    expect(defaultChallengerReward(batch)).toEqual(challengerRewards(batch.items, config.challenger));
    const thinking = resolveConfig({ set: ['solver.thinkWeight=0.1'] });
    expect(defaultSolverReward({ ...solved, config: thinking })).toEqual(
      solved.items.map(({ correct, completion }) => solverReward({ correct, text: completion }, { thinkWeight: 0.1 })),
    );
  });

  it('read earlier questions only if configured', () => {
    const unread = (): never => {
      throw new Error('not asked for');
    };
    const texts = ['Compute 1 + 2.', 'How many are there?'];
    expect(defaultChallengerReward({ ...posed(texts), earlierTexts: unread })).toHaveLength(2);
    const batch = posed(texts, { set: ['memory.weight=0.5'] });
    const penalties = memoryPenalties(batch.items, ['How many are there?'], batch.config.memory);
    expect(penalties[1]).toBeGreaterThan(0);
    expect(defaultChallengerReward(batch)).toEqual(challengerRewards(batch.items, config.challenger, penalties));
  });
});

it('adds a part with its weight, and stores it without', () => {
  const rewards = [
    { reward: 1, parts: { correct: 1 } },
    { reward: 0, parts: { correct: 0 } },
  ];
  expect(addPart(rewards, 'short', [0.5, 1], 0.1)).toEqual([
    { reward: 1.05, parts: { correct: 1, short: 0.5 } },
    { reward: 0.1, parts: { correct: 0, short: 1 } },
  ]);
});

describe('custom rewards', () => {
  it('may be asynchronous, and are checked', async () => {
    const given = solved.items.map(() => ({ reward: 0.5, parts: { style: 1 } }));
    expect(await rewardBatch('solver', async () => given, solved)).toEqual(given);
    const wrong = rewardBatch('solver', () => [{ reward: 1, parts: { style: Infinity } }, given[0]], solved);
    await expect(wrong).rejects.toThrow(/The reward of the solver has the part style = Infinity for item 0/);
    await expect(wrong).rejects.toThrow(ConfigError);
  });

  it('must be functions named by a role', () => {
    const rewards = { solver: defaultSolverReward };
    expect(rewardsOf(rewards, 'here')).toBe(rewards);
    expect(rewardsOf(undefined, 'here')).toEqual({});
    expect(() => rewardsOf({ judge: () => [] }, 'here')).toThrow(/name "judge", which is not a role/);
    expect(() => rewardsOf({ solver: 1 }, 'here')).toThrow(/reward of the solver in here is not a function/);
    expect(() => rewardsOf([], 'here')).not.toThrow();
    expect(() => rewardsOf(1, 'here')).toThrow(/not an object/);
  });
});
