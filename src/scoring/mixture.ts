/**
 * Combines the scores of several scorers: a reward per response, and the spread of each group, which pays a Challenger
 * for tasks whose responses differ in quality. Pure.
 */

import { groupAdvantages } from '../grpo/advantages.ts';
import { clusterShares } from '../text/repetition.ts';

/** The scores of one scorer for some groups. */
export interface WeightedScores {
  name: string;
  /** Weight in the mixture; negative to avoid what the scorer prefers. */
  weight: number;
  /** Groups by responses. */
  scores: readonly (readonly number[])[];
}

/** A response's part of the mixture: its reward, and the z-score of each scorer by name. */
export interface MixedScore {
  reward: number;
  parts: Record<string, number>;
}

/** The penalty for near copies within a group. */
export interface VarietyDials {
  /** Weight of the share of the group that is near copies of the response; 0 = off. */
  varietyWeight: number;
  /** Distance, 1 - BLEU, below which texts are near copies on average. */
  varietyThreshold: number;
}

/**
 * Returns the reward of each response: the weighted sum of its z-scores within the group, minus the variety penalty. A
 * group in which all scores of a scorer are equal gets 0 from it. Parts: the z-score of each scorer by its name, and
 * `copies` (only with a weight), the share of the other responses that are near copies of it.
 * @param texts groups by responses
 */
export function mixScores(
  scorers: readonly WeightedScores[],
  texts: readonly (readonly string[])[],
  { varietyWeight, varietyThreshold }: VarietyDials,
): MixedScore[][] {
  return texts.map((texts_G, group) => {
    const normalized = scorers.map(({ scores }) => groupAdvantages(scores[group], { normalizeStd: true }));
    const copies_G = varietyWeight === 0 ? null : copyShares(texts_G, varietyThreshold);
    return texts_G.map((_, at) => {
      const own = scorers.map(({ name }, scorer): [string, number] => [name, normalized[scorer][at]]);
      const mixed = scorers.reduce((sum, { weight }, scorer) => sum + weight * normalized[scorer][at], 0);
      if (copies_G === null) return { reward: mixed, parts: Object.fromEntries(own) };
      const parts = { ...Object.fromEntries(own), copies: copies_G[at] };
      return { reward: mixed - varietyWeight * copies_G[at], parts };
    });
  });
}

/** Returns the share of the other texts that are in a text's BLEU cluster, 0..1; 0 for a text without others. */
export function copyShares(texts_G: readonly string[], threshold: number): number[] {
  const size = texts_G.length;
  if (size < 2) return texts_G.map(() => 0);
  return Array.from(clusterShares(texts_G, threshold).shares, (share) => (share * size - 1) / (size - 1));
}

/**
 * Returns the spread of each group: the mean over the scorers, by the absolute weight, of the group's standard deviation
 * divided by the scorer's mean deviation over all groups. 1 is an average group; 0 has responses of equal scores. Scorers
 * whose scores are equal in every group do not count.
 */
export function spreads(scorers: readonly WeightedScores[]): number[] {
  const groups = scorers[0]?.scores.length ?? 0;
  const relative = scorers.flatMap(({ weight, scores }) => {
    const deviations = scores.map(deviation);
    const mean = deviations.reduce((sum, one) => sum + one, 0) / deviations.length;
    return mean === 0 ? [] : [{ weight: Math.abs(weight), values: deviations.map((one) => one / mean) }];
  });
  const total = relative.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: groups }, (_, group) =>
    total === 0 ? 0 : relative.reduce((sum, { weight, values }) => sum + weight * values[group], 0) / total,
  );
}

/** Returns the unbiased standard deviation; 0 for fewer than two values. */
function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
