/**
 * What a reward is: a function from everything that one training step sampled to one number per sample, with the named
 * parts that it was made of. Each role has a default (`challenger.ts`, `correctness.ts`); a user replaces it, or wraps
 * it with `addPart`. Parts appear in the metrics as `challenger/NAME` or `solver/NAME`, and with every stored rollout.
 */

import type { RunConfig } from '../config/schema.ts';

/** A reward and the named numbers it was made of. */
export interface Reward {
  reward: number;
  parts: Record<string, number>;
}

/** All samples of one role in one training step. */
export interface RewardBatch<Item> {
  items: readonly Item[];
  /** 1-based. */
  iteration: number;
  /** Step of the phase, 0-based. */
  step: number;
  config: RunConfig;
}

/** One reward per item, in order. Must depend on the batch alone: a resumed run computes it again. */
export type RewardFunction<Batch extends RewardBatch<unknown>> = (
  batch: Batch,
) => readonly Reward[] | Promise<readonly Reward[]>;

/** The rewards with one more part each: `weight * values[i]` is added to the reward, `values[i]` is kept under `name`. */
export function addPart(rewards: readonly Reward[], name: string, values: ArrayLike<number>, weight = 1): Reward[] {
  return rewards.map(({ reward, parts }, at) => ({
    reward: reward + weight * values[at],
    parts: { ...parts, [name]: values[at] },
  }));
}
