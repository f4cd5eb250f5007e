/**
 * Importance correction between sampler and trainer. The sampler's log-probability of a token (own kernels,
 * perhaps lower precision) differs slightly from the trainer's under the same weights. The ratio of the two
 * weights a token's policy loss, or masks it where it is too far from 1.
 *
 * The weight is a constant: it is not differentiated, and it does not affect the KL term or the aggregation.
 * `coefficients.ts` applies it.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** The options of the correction. */
export type ImportanceDials = Pick<GrpoConfig, 'importanceCorrection' | 'importanceLow' | 'importanceHigh'>;

/** A rollout's log-probabilities (nats) under the same weights, aligned to the T positions of its example. */
export interface ImportanceTerms {
  /** Computed by the trainer. */
  behaviour_T: ArrayLike<number>;
  /** Reported by the sampler. */
  sampled_T: ArrayLike<number>;
  mask_T: ArrayLike<number>;
}

/**
 * Computes the weight of each token's policy loss (0 where the mask is 0), from m = e^(trainer - sampler).
 * For a sequence, m is the product over its tokens. Returns null without a correction.
 *
 * - `token-truncate`, `sequence-truncate`: `min(m, high)` (truncated importance sampling).
 * - `token-mask` (IcePop), `sequence-mask` (TRL): m, or 0 if it is outside [low, high].
 * - `geometric-mask`: 1, or 0 if the geometric mean of the sequence's m is outside [low, high].
 */
export function importanceWeights(terms: ImportanceTerms, dials: ImportanceDials): Float64Array | null {
  const { importanceCorrection: correction, importanceLow: low, importanceHigh: high } = dials;
  if (correction === 'none' || correction === 'bypass') return null;
  const { behaviour_T, sampled_T, mask_T } = terms;
  const inside = (value: number): boolean => value >= low && value <= high;
  const gap_T = new Float64Array(mask_T.length);
  let [gap, tokens] = [0, 0];
  for (let t = 0; t < gap_T.length; t++) {
    if (mask_T[t] === 0) continue;
    gap_T[t] = behaviour_T[t] - sampled_T[t];
    gap += gap_T[t];
    tokens++;
  }
  const whole = Math.exp(gap);
  const mean = Math.exp(gap / tokens);
  const weightOf = (t: number): number => {
    const own = Math.exp(gap_T[t]);
    switch (correction) {
      case 'token-truncate':
        return Math.min(own, high);
      case 'sequence-truncate':
        return Math.min(whole, high);
      case 'token-mask':
        return inside(own) ? own : 0;
      case 'sequence-mask':
        return inside(whole) ? whole : 0;
      case 'geometric-mask':
        return inside(mean) ? 1 : 0;
    }
  };
  return gap_T.map((_, t) => (mask_T[t] === 0 ? 0 : weightOf(t)));
}
