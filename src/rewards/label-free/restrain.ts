/**
 * RESTRAIN (arXiv 2510.02172): every answer of a group counts by its share of the votes, and a group of low consistency
 * is penalized as a whole. The penalty is an offset of the advantages, because a constant in the rewards of a group
 * cancels in its mean. Two parts of the paper are left out: answers are weighted by the share itself instead of a
 * shaped share, with one normalisation per group instead of one per answer, and prompts have equal weights.
 */

import type { Reward } from '../reward.ts';
import type { AmongPeers } from './evidence.ts';

export interface RestrainDials {
  /** Share of the majority below which a group is of low consistency, 0..1. */
  restrainBelow: number;
  /** Subtracted from every advantage of such a group. */
  restrainPenalty: number;
}

/** Computes the reward of an attempt. Parts: `share`, and `consistent` (1 unless the group is penalized). */
export function restrainReward(
  { share, majorityShare }: AmongPeers,
  { restrainBelow, restrainPenalty }: RestrainDials,
): Reward {
  const consistent = majorityShare >= restrainBelow;
  const parts = { share, consistent: consistent ? 1 : 0 };
  return consistent ? { reward: share, parts } : { reward: 0, parts, offset: -restrainPenalty };
}
