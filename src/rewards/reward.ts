/**
 * The reward interface. A reward function receives all samples of one training step, and returns one number per sample
 * with its named parts. Each role has a default (`challenger.ts`, `correctness.ts`). You can replace it, or extend it
 * with `addPart`. Parts appear in the metrics as `challenger/NAME` or `solver/NAME`, and in every stored rollout.
 */

import type { RunConfig } from '../config/schema.ts';

/** A reward and its named parts. */
export interface Reward {
  reward: number;
  parts: Record<string, number>;
  /** Added to the advantage after the group is normalised; a constant in the rewards of a group has no effect. Default 0. */
  offset?: number;
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

/** Returns one reward per item, in order. Must depend only on the batch, because a resumed run computes it again. */
export type RewardFunction<Batch extends RewardBatch<unknown>> = (
  batch: Batch,
) => readonly Reward[] | Promise<readonly Reward[]>;

/** Adds a part to each reward: adds `weight * values[i]` to the reward, and stores `values[i]` as `name`. */
export function addPart(rewards: readonly Reward[], name: string, values: ArrayLike<number>, weight = 1): Reward[] {
  return rewards.map(({ reward, parts }, at) => ({
    reward: reward + weight * values[at],
    parts: { ...parts, [name]: values[at] },
  }));
}
