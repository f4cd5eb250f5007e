/**
 * Turns the rewards of a group into advantages: how much better each rollout did than the others for the same
 * prompt. The group mean is the baseline, so GRPO needs no value network. Next: `coefficients.ts`.
 */

/** Added to the standard deviation, as in R-Zero's code. */
const EPSILON = 1e-6;

/**
 * Returns whether a group carries a training signal. False if all rewards are equal, or there are fewer than
 * two.
 */
export function hasVariance(rewards_G: readonly number[]): boolean {
  return rewards_G.some((reward) => reward !== rewards_G[0]);
}

/**
 * Computes the advantages of one group, in the order of its rewards: `(r - mean) / (std + 1e-6)` with the
 * unbiased standard deviation. Without `normalizeStd` it only subtracts the mean (Dr. GRPO). Equal rewards
 * give exactly zero.
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
