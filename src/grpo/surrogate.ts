/**
 * The policy term of a token's loss and its derivative by the token's log-probability. Both depend on the
 * ratio: the probability under the weights being trained, divided by that under the weights before the step's
 * first update. The KL term is in `kl.ts`.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** The options of the policy term. */
export type SurrogateDials = Pick<GrpoConfig, 'loss' | 'clipLow' | 'clipHigh' | 'dualClip'>;

/** A rollout's log-probabilities (nats), aligned to the T positions of its example. */
export interface RatioTerms {
  logprobs_T: ArrayLike<number>;
  behaviour_T: ArrayLike<number>;
  mask_T: ArrayLike<number>;
}

/**
 * Computes the ratio used for each token; 0 where the mask is 0. Under `gspo` it is the same for the whole
 * sequence, the geometric mean of its tokens' ratios (GSPO, Zheng et al. 2025). Otherwise it is the token's
 * own.
 */
export function ratiosOf({ logprobs_T, behaviour_T, mask_T }: RatioTerms, loss: SurrogateDials['loss']): Float64Array {
  const ratio_T = new Float64Array(mask_T.length);
  let logSum = 0;
  let tokens = 0;
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    const logRatio = logprobs_T[t] - behaviour_T[t];
    ratio_T[t] = Math.exp(logRatio);
    logSum += logRatio;
    tokens++;
  }
  if (loss !== 'gspo') return ratio_T;
  const sequence = Math.exp(logSum / tokens);
  return ratio_T.map((_, t) => (mask_T[t] === 0 ? 0 : sequence));
}

/**
 * Returns the limit that clips a ratio, if any. Under `clipped` and `gspo`, a clipped token has no policy
 * gradient. `cispo` has only an upper limit, and a clipped token keeps the gradient at that limit.
 */
export function clippedBy(ratio: number, advantage: number, dials: SurrogateDials): 'low' | 'high' | 'dual' | null {
  if (advantage === 0) return null;
  if (dials.loss === 'cispo' || advantage > 0) return ratio > 1 + dials.clipHigh ? 'high' : null;
  if (dials.dualClip > 0 && ratio > dials.dualClip) return 'dual';
  return ratio < 1 - dials.clipLow ? 'low' : null;
}

/**
 * Computes the policy loss of one token. `clipped`, `gspo`: PPO's clipped surrogate, limited to `dualClip *
 * |A|` where the advantage is negative. `cispo`: `-min(ratio, 1 + clipHigh) A logprob`, where the ratio is a
 * constant weight and not differentiated (MiniMax-M1, 2025).
 */
export function surrogateLoss(ratio: number, advantage: number, dials: SurrogateDials, logprob: number): number {
  if (advantage === 0) return 0;
  if (dials.loss === 'cispo') return -Math.min(ratio, 1 + dials.clipHigh) * advantage * logprob;
  const clipped = Math.min(Math.max(ratio, 1 - dials.clipLow), 1 + dials.clipHigh);
  const loss = Math.max(-ratio * advantage, -clipped * advantage);
  return advantage < 0 && dials.dualClip > 0 ? Math.min(loss, -dials.dualClip * advantage) : loss;
}

/**
 * Computes the derivative of the rollout's total loss by one token's log-probability. d(ratio)/dlogprob is
 * the ratio itself. Under `gspo` a token contributes 1/n of the change of the sequence's ratio, but the loss
 * counts at all n tokens, so n cancels.
 */
export function surrogateSlope(ratio: number, advantage: number, dials: SurrogateDials): number {
  if (dials.loss === 'cispo') return -Math.min(ratio, 1 + dials.clipHigh) * advantage;
  if (advantage === 0 || clippedBy(ratio, advantage, dials) !== null) return 0;
  return -advantage * ratio;
}
