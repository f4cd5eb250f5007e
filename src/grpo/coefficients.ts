/**
 * The GRPO loss of one rollout and its derivative by each token's log-probability. Pure arithmetic:
 * no engine, no tensors, no batching. An engine's backward is linear in these coefficients, so this
 * file is all that knows the loss; `tokenLoss` is the loss itself, and finite differences of it check
 * `tokenCoefficients`.
 *
 * Start at `advantages.ts` (rewards to advantages), then here, then `aggregate.ts` (token losses to
 * one number), `batch.ts` (rollouts to engine examples), `diagnostics.ts` (what to log).
 */

import type { GrpoConfig } from '../config/schema.ts';

/** The dials that shape a token's loss. */
export type LossDials = Pick<GrpoConfig, 'clipLow' | 'clipHigh' | 'dualClip' | 'klWeight'>;

/** One rollout, laid over its example's T positions. Values where `mask_T` is 0 are never read. */
export interface LossTerms {
  /** The rollout's advantage, the same for all its tokens. */
  advantage: number;
  /** Log-probabilities (nats) under the weights that sampled the rollout. */
  behaviour_T: ArrayLike<number>;
  /** Log-probabilities under the reference; null leaves the KL out. */
  reference_T: ArrayLike<number> | null;
  /** Log-probabilities under the weights in training. */
  logprobs_T: ArrayLike<number>;
  /** 1 where the target is a token of the completion. */
  mask_T: ArrayLike<number>;
  /** Weight of each token's loss, from `exampleScales`. */
  scale: number;
}

/** Upper limit of a token's KL estimate (r-zero spec 1.7 clamps to ±10; k3 is never negative). */
const KL_LIMIT = 10;

/**
 * dL/dlogprob of every position, scaled for aggregation; length T, 0 where the mask is 0.
 * A log-probability that is not a number gives a coefficient that is not a number: the engine refuses it.
 */
export function tokenCoefficients(terms: LossTerms, dials: LossDials): Float32Array {
  const { advantage, behaviour_T, reference_T, logprobs_T, mask_T, scale } = terms;
  const coefficients_T = new Float32Array(mask_T.length);
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    let slope = policySlope(Math.exp(logprobs_T[t] - behaviour_T[t]), advantage, dials);
    if (reference_T !== null) slope += dials.klWeight * klSlope(reference_T[t] - logprobs_T[t]);
    coefficients_T[t] = scale * slope;
  }
  return coefficients_T;
}

/** The rollout's share of the loss: the sum of its token losses, scaled for aggregation. */
export function tokenLoss(terms: LossTerms, dials: LossDials): number {
  const { advantage, behaviour_T, reference_T, logprobs_T, mask_T, scale } = terms;
  let loss = 0;
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    loss += policyLoss(Math.exp(logprobs_T[t] - behaviour_T[t]), advantage, dials);
    if (reference_T !== null) loss += dials.klWeight * klEstimate(reference_T[t] - logprobs_T[t]);
  }
  return scale * loss;
}

/** Which limit, if any, holds a token's ratio: then the token has no policy gradient. */
export function clippedBy(ratio: number, advantage: number, dials: LossDials): 'low' | 'high' | 'dual' | null {
  if (advantage > 0) return ratio > 1 + dials.clipHigh ? 'high' : null;
  if (advantage === 0) return null;
  if (dials.dualClip > 0 && ratio > dials.dualClip) return 'dual';
  return ratio < 1 - dials.clipLow ? 'low' : null;
}

/**
 * The k3 estimate `e^d - d - 1` of KL(policy || reference) at one token, limited to 10;
 * `d` is log-probability under the reference less that under the policy.
 */
export function klEstimate(d: number): number {
  return Math.min(Math.expm1(d) - d, KL_LIMIT);
}

/** d(k3)/dlogprob; 0 where the limit holds. */
function klSlope(d: number): number {
  const rise = Math.expm1(d);
  return rise - d > KL_LIMIT ? 0 : -rise;
}

/** PPO's clipped surrogate, with an upper limit `dualClip * |A|` where the advantage is negative. */
function policyLoss(ratio: number, advantage: number, dials: LossDials): number {
  if (advantage === 0) return 0;
  const clipped = Math.min(Math.max(ratio, 1 - dials.clipLow), 1 + dials.clipHigh);
  const loss = Math.max(-ratio * advantage, -clipped * advantage);
  return advantage < 0 && dials.dualClip > 0 ? Math.min(loss, -dials.dualClip * advantage) : loss;
}

/** d(policyLoss)/dlogprob; d(ratio)/dlogprob is the ratio itself. */
function policySlope(ratio: number, advantage: number, dials: LossDials): number {
  if (advantage === 0 || clippedBy(ratio, advantage, dials) !== null) return 0;
  return -advantage * ratio;
}
