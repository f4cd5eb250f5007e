/**
 * Metrics of an update's effect on the policy, under TRL's metric names. Only for logging; the loss is in
 * `coefficients.ts`.
 */

import { advantageAt, type LossDials, type LossTerms } from './coefficients.ts';
import { importanceWeights } from './importance.ts';
import { klEstimate } from './kl.ts';
import { clippedBy, ratiosOf } from './surrogate.ts';

/**
 * Computes means over all completion tokens of the examples, each with the log-probabilities of its forward
 * pass:
 *
 * - `clip_ratio/low_mean`, `clip_ratio/high_mean`: shares of tokens clipped at the lower or upper limit, as
 *   TRL counts them;
 * - `clip_ratio/dual_mean`: share clipped by the dual clip; `clip_ratio/region_mean`: share clipped by any
 *   limit;
 * - `kl`: k3, for every choice of the loss; only with a reference;
 * - `ratio/mean`, `ratio/min`, `ratio/max`: policy over behaviour;
 * - `importance/mean` (the weight) and `importance/masked` (share of tokens left out): only with an
 *   importance correction.
 *
 * Returns no metrics if there are no tokens.
 */
export function diagnose(terms_N: readonly Omit<LossTerms, 'scale'>[], dials: LossDials): Record<string, number> {
  const clipped = { low: 0, high: 0, dual: 0 };
  const ratio = { sum: 0, min: Infinity, max: -Infinity };
  const kl = { sum: 0, tokens: 0 };
  const importance = { sum: 0, masked: 0, tokens: 0 };
  let tokens = 0;
  for (const terms of terms_N) {
    const { reference_T, logprobs_T, mask_T } = terms;
    const ratio_T = ratiosOf(terms, dials.loss);
    const weight_T = importanceWeights(terms, dials);
    for (let t = 0; t < mask_T.length; t++) {
      if (mask_T[t] === 0) continue;
      tokens++;
      const value = ratio_T[t];
      ratio.sum += value;
      ratio.min = Math.min(ratio.min, value);
      ratio.max = Math.max(ratio.max, value);
      const limit = clippedBy(value, advantageAt(t, terms, dials), dials);
      if (limit !== null) clipped[limit]++;
      if (weight_T !== null) {
        importance.sum += weight_T[t];
        if (weight_T[t] === 0) importance.masked++;
        importance.tokens++;
      }
      if (reference_T === null) continue;
      kl.sum += klEstimate(reference_T[t] - logprobs_T[t]);
      kl.tokens++;
    }
  }
  if (tokens === 0) return {};
  return {
    'clip_ratio/low_mean': clipped.low / tokens,
    'clip_ratio/high_mean': clipped.high / tokens,
    'clip_ratio/dual_mean': clipped.dual / tokens,
    'clip_ratio/region_mean': (clipped.low + clipped.high + clipped.dual) / tokens,
    ...(kl.tokens > 0 ? { kl: kl.sum / kl.tokens } : {}),
    ...(importance.tokens > 0
      ? {
          'importance/mean': importance.sum / importance.tokens,
          'importance/masked': importance.masked / importance.tokens,
        }
      : {}),
    'ratio/mean': ratio.sum / tokens,
    'ratio/min': ratio.min,
    'ratio/max': ratio.max,
  };
}
