/** The rewards of a run: the user's where there are any, else R-Zero's. What a user's function gives is checked. */

import { ConfigError } from '../errors.ts';
import { type ChallengerReward, defaultChallengerReward } from './challenger.ts';
import { defaultSolverReward, type SolverReward } from './correctness.ts';
import type { Reward, RewardBatch, RewardFunction } from './reward.ts';

/** Own rewards by role; a role without one has its default. */
export interface Rewards {
  challenger?: ChallengerReward;
  solver?: SolverReward;
  /** Change it with the functions' meaning: a run refuses to continue with another version. Rewards of a module are hashed instead. */
  version?: string;
}

/** Roles that can have an own reward. */
const REWARDED = ['challenger', 'solver'] as const;
export type RewardedRole = (typeof REWARDED)[number];

export const DEFAULT_REWARDS: Required<Omit<Rewards, 'version'>> = {
  challenger: defaultChallengerReward,
  solver: defaultSolverReward,
};

/** The `rewards` that a module exports. ConfigError where a member is not a function; `from`: the module, for the message. */
export function rewardsOf(value: unknown, from: string): Rewards {
  if (value === undefined) return {};
  const advice =
    'Write `export const rewards = { challenger: (batch) => …, solver: (batch) => … }`; both are optional.';
  if (typeof value !== 'object' || value === null)
    throw new ConfigError(`The rewards of ${from} are no object.`, advice);
  for (const [name, member] of Object.entries(value)) {
    if (!REWARDED.some((role) => role === name)) {
      throw new ConfigError(`The rewards of ${from} name "${name}", which is not a role.`, advice);
    }
    if (typeof member !== 'function') {
      throw new ConfigError(`The reward of the ${name} in ${from} is not a function.`, advice);
    }
  }
  return value;
}

/** Names of parts: they become names of metrics. */
const PART = /^[a-z][a-z0-9_/-]{0,59}$/i;
/** Metrics of a training step that a part must not replace. */
const TAKEN = /^(?:reward|reward_std|frac_reward_zero_std|examples|grad_norm|entropy|completions\/.*|sampling\/.*)$/;

/** A reward function's result for a batch. ConfigError where it is not one finite reward with named finite parts per item. */
export async function rewardBatch<Batch extends RewardBatch<unknown>>(
  role: RewardedRole,
  reward: RewardFunction<Batch>,
  batch: Batch,
): Promise<readonly Reward[]> {
  const rewards = await reward(batch);
  const problem = problemOf(rewards, batch.items.length);
  if (problem === null) return rewards;
  throw new ConfigError(
    `The reward of the ${role} ${problem}.`,
    'Correct the function: it must return one { reward, parts } per item, in order, of finite numbers. A resumed run continues at this step.',
  );
}

function problemOf(rewards: readonly Reward[], items: number): string | null {
  if (!Array.isArray(rewards)) return 'returned no list';
  if (rewards.length !== items) return `returned ${rewards.length} rewards for ${items} items`;
  for (const [at, { reward, parts }] of rewards.entries()) {
    if (!Number.isFinite(reward)) return `is ${String(reward)} for item ${at}`;
    for (const [name, value] of Object.entries(parts ?? {})) {
      if (!PART.test(name) || TAKEN.test(name)) return `has a part named "${name.slice(0, 80)}", which is no free name`;
      if (!Number.isFinite(value)) return `has the part ${name} = ${String(value)} for item ${at}`;
    }
  }
  return null;
}
