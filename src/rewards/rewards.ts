/** Resolves the rewards of a run, and checks the results of user functions. */

import { ConfigError } from '../errors.ts';
import { type ChallengerReward, defaultChallengerReward } from './challenger.ts';
import { defaultSolverReward, type SolverReward } from './correctness.ts';
import type { Reward, RewardBatch, RewardFunction } from './reward.ts';

/** Custom rewards by role. A missing role uses its default. */
export interface Rewards {
  challenger?: ChallengerReward;
  solver?: SolverReward;
  /** Change this when the functions change. A run does not continue with another version. Modules are hashed instead. */
  version?: string;
}

/** Roles that can have a custom reward. */
const REWARDED = ['challenger', 'solver'] as const;
/** A role that can have a custom reward. */
export type RewardedRole = (typeof REWARDED)[number];

/** R-Zero's rewards. */
export const DEFAULT_REWARDS: Required<Omit<Rewards, 'version'>> = {
  challenger: defaultChallengerReward,
  solver: defaultSolverReward,
};

/**
 * Checks the `rewards` that a module exports.
 * @param from the module, for messages
 * @throws ConfigError if they are not functions by role
 */
export function rewardsOf(value: unknown, from: string): Rewards {
  if (value === undefined) return {};
  const advice =
    'Write `export const rewards = { challenger: (batch) => …, solver: (batch) => … }`; both are optional.';
  if (typeof value !== 'object' || value === null)
    throw new ConfigError(`The rewards of ${from} are not an object.`, advice);
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

/** Valid names of parts, which become names of metrics. */
const PART = /^[a-z][a-z0-9_/-]{0,59}$/i;
/** Names of other metrics of a training step, which parts cannot use. */
const TAKEN = /^(?:reward|reward_std|frac_reward_zero_std|examples|grad_norm|entropy|completions\/.*|sampling\/.*)$/;

/**
 * Calls a reward function and checks its result.
 * @param next what to do with the corrected function, for the error
 * @throws ConfigError unless it returns one finite reward with finite parts per item
 */
export async function rewardBatch<Batch extends RewardBatch<unknown>>(
  role: RewardedRole,
  reward: RewardFunction<Batch>,
  batch: Batch,
  next = '',
): Promise<readonly Reward[]> {
  const rewards = await reward(batch);
  const problem = problemOf(rewards, batch.items.length);
  if (problem === null) return rewards;
  throw new ConfigError(
    `The reward of the ${role} ${problem}.`,
    `Correct the function: it must return one { reward, parts } per item, in order, with finite numbers. ${next}`.trimEnd(),
  );
}

function problemOf(rewards: readonly Reward[], items: number): string | null {
  if (!Array.isArray(rewards)) return 'did not return an array';
  if (rewards.length !== items) return `returned ${rewards.length} rewards for ${items} items`;
  for (const [at, { reward, parts, offset = 0 }] of rewards.entries()) {
    if (!Number.isFinite(reward)) return `is ${String(reward)} for item ${at}`;
    if (!Number.isFinite(offset)) return `has the offset ${String(offset)} for item ${at}`;
    for (const [name, value] of Object.entries(parts ?? {})) {
      if (!PART.test(name) || TAKEN.test(name))
        return `has a part named "${name.slice(0, 80)}", which is not a valid name or already used`;
      if (!Number.isFinite(value)) return `has the part ${name} = ${String(value)} for item ${at}`;
    }
  }
  return null;
}
