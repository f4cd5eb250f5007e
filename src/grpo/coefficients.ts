/**
 * The loss of one rollout and its derivative by each token's log-probability. Pure arithmetic: no engine, no
 * tensors, no batching. An engine's backward pass is linear in these coefficients, so only this folder
 * implements the loss. Tests check `tokenCoefficients` against finite differences of `tokenLoss`.
 *
 * Start at `advantages.ts` (rewards to advantages), then read this file. It combines `surrogate.ts` (policy),
 * `kl.ts` (reference) and `importance.ts` (sampler against trainer). Next: `aggregate.ts` (token losses to
 * one number), `batch.ts` (rollouts to engine examples), `diagnostics.ts` (metrics). docs/reference/losses.md
 * maps the named variants of GRPO to options.
 */

import type { GrpoConfig } from '../config/schema.ts';
import { type ImportanceDials, importanceWeights } from './importance.ts';
import { klLoss, klSlope } from './kl.ts';
import { ratiosOf, type SurrogateDials, surrogateLoss, surrogateSlope } from './surrogate.ts';

/** The options of a token's loss. */
export type LossDials = SurrogateDials & ImportanceDials & Pick<GrpoConfig, 'kl' | 'klWeight'>;

/** One rollout, aligned to the T positions of its example. Values where `mask_T` is 0 are never read. */
export interface LossTerms {
  /** Advantage of the rollout, the same for all its tokens. */
  advantage: number;
  /**
   * Log-probabilities (nats) in the denominator of the ratio: under the weights before the step's first
   * update.
   */
  behaviour_T: ArrayLike<number>;
  /** Log-probabilities reported by the sampler; only an importance correction reads them. */
  sampled_T: ArrayLike<number>;
  /** Log-probabilities under the reference; null omits the KL term. */
  reference_T: ArrayLike<number> | null;
  /** Log-probabilities under the weights being trained. */
  logprobs_T: ArrayLike<number>;
  /** 1 where the target is a completion token. */
  mask_T: ArrayLike<number>;
  /** Weight of each token's loss, from `exampleScales`. */
  scale: number;
}

/**
 * Computes dL/dlogprob of every position, scaled for aggregation: length T, 0 where the mask is 0. A NaN
 * log-probability gives a NaN coefficient, which the engine rejects.
 */
export function tokenCoefficients(terms: LossTerms, dials: LossDials): Float32Array {
  const { reference_T, logprobs_T, mask_T, scale } = terms;
  const ratio_T = ratiosOf(terms, dials.loss);
  const weight_T = policyWeights(terms, dials);
  const coefficients_T = new Float32Array(mask_T.length);
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    let slope = surrogateSlope(ratio_T[t], advantageAt(t, terms, dials), dials);
    if (weight_T !== null) slope *= weight_T[t];
    if (reference_T !== null) slope += dials.klWeight * klSlope(reference_T[t] - logprobs_T[t], dials.kl);
    coefficients_T[t] = scale * slope;
  }
  return coefficients_T;
}

/**
 * Computes the rollout's share of the loss: the sum of its token losses, scaled for aggregation. `held_T` are
 * the log-probabilities used for the terms that the loss does not differentiate (the ratio of `cispo`).
 */
export function tokenLoss(terms: LossTerms, dials: LossDials, held_T: ArrayLike<number> = terms.logprobs_T): number {
  const { reference_T, logprobs_T, mask_T, scale } = terms;
  const ratio_T = ratiosOf(dials.loss === 'cispo' ? { ...terms, logprobs_T: held_T } : terms, dials.loss);
  const weight_T = policyWeights(terms, dials);
  let loss = 0;
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    const policy = surrogateLoss(ratio_T[t], advantageAt(t, terms, dials), dials, logprobs_T[t]);
    loss += weight_T === null ? policy : weight_T[t] * policy;
    if (reference_T !== null) loss += dials.klWeight * klLoss(reference_T[t] - logprobs_T[t], dials.kl);
  }
  return scale * loss;
}

/** Returns the rollout's advantage, minus the per-token KL penalty that `k1` applies to the reward. */
export function advantageAt(
  t: number,
  { advantage, behaviour_T, reference_T }: Pick<LossTerms, 'advantage' | 'behaviour_T' | 'reference_T'>,
  { kl, klWeight }: Pick<GrpoConfig, 'kl' | 'klWeight'>,
): number {
  if (kl !== 'k1' || reference_T === null) return advantage;
  return advantage - klWeight * (behaviour_T[t] - reference_T[t]);
}

/**
 * Returns `importanceWeights`. Under `gspo`, every token gets their mean, because the sequence has a single
 * loss.
 */
function policyWeights(terms: LossTerms, dials: LossDials): Float64Array | null {
  const weight_T = importanceWeights(terms, dials);
  if (weight_T === null || dials.loss !== 'gspo') return weight_T;
  const own = weight_T.filter((_, t) => terms.mask_T[t] !== 0);
  return weight_T.fill(own.reduce((sum, weight) => sum + weight, 0) / own.length);
}
