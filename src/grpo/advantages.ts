/**
 * A group's rewards turned into advantages: how much better each rollout did than its siblings on the
 * same prompt. The group mean is the baseline, so GRPO needs no value network.
 */

/** Added to the standard deviation (r-zero spec 1.7). */
const EPSILON = 1e-6;

/** Whether a group teaches anything: false when all its rewards are equal (or there are fewer than two). */
export function hasVariance(rewards_G: readonly number[]): boolean {
  return rewards_G.some((reward) => reward !== rewards_G[0]);
}

/**
 * Advantages of one group, in the order of its rewards: `(r - mean) / (std + 1e-6)` with the unbiased
 * standard deviation, or centred only (Dr. GRPO) without `normalizeStd`. Exactly zero for equal rewards.
 */
export function groupAdvantages(rewards_G: readonly number[], dials: { normalizeStd: boolean }): Float64Array {
  const size = rewards_G.length;
  if (!hasVariance(rewards_G)) return new Float64Array(size);
  const mean = rewards_G.reduce((sum, reward) => sum + reward, 0) / size;
  const centred_G = Float64Array.from(rewards_G, (reward) => reward - mean);
  if (!dials.normalizeStd) return centred_G;
  const std = Math.sqrt(centred_G.reduce((sum, value) => sum + value * value, 0) / (size - 1));
  return centred_G.map((value) => value / (std + EPSILON));
}
