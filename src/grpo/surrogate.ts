/**
 * The policy part of a token's loss, by its ratio (probability under the weights in training over that
 * under the weights before the step's first update), and its derivative by the token's log-probability.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** The dials that shape the policy part. */
export type SurrogateDials = Pick<GrpoConfig, 'loss' | 'clipLow' | 'clipHigh' | 'dualClip'>;

/** A rollout's log-probabilities (nats), laid over its example's T positions. */
export interface RatioTerms {
  logprobs_T: ArrayLike<number>;
  behaviour_T: ArrayLike<number>;
  mask_T: ArrayLike<number>;
}

/**
 * The ratio that each token is judged by; 0 where the mask is 0. `gspo`: one for the whole sequence, the
 * geometric mean of its tokens' ratios (GSPO, Zheng et al. 2025); else the token's own.
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
 * Which limit, if any, holds a ratio. Under `clipped` and `gspo` a held token has no policy gradient; under
 * `cispo`, which has an upper limit alone, it keeps the gradient that the limit allows.
 */
export function clippedBy(ratio: number, advantage: number, dials: SurrogateDials): 'low' | 'high' | 'dual' | null {
  if (advantage === 0) return null;
  if (dials.loss === 'cispo' || advantage > 0) return ratio > 1 + dials.clipHigh ? 'high' : null;
  if (dials.dualClip > 0 && ratio > dials.dualClip) return 'dual';
  return ratio < 1 - dials.clipLow ? 'low' : null;
}

/**
 * The policy loss of one token. `clipped`, `gspo`: PPO's clipped surrogate, with an upper limit
 * `dualClip * |A|` where the advantage is negative. `cispo`: `-min(ratio, 1 + clipHigh) A logprob`, where
 * the ratio is held: it weighs the gradient and is not differentiated (MiniMax-M1, 2025).
 */
export function surrogateLoss(ratio: number, advantage: number, dials: SurrogateDials, logprob: number): number {
  if (advantage === 0) return 0;
  if (dials.loss === 'cispo') return -Math.min(ratio, 1 + dials.clipHigh) * advantage * logprob;
  const clipped = Math.min(Math.max(ratio, 1 - dials.clipLow), 1 + dials.clipHigh);
  const loss = Math.max(-ratio * advantage, -clipped * advantage);
  return advantage < 0 && dials.dualClip > 0 ? Math.min(loss, -dials.dualClip * advantage) : loss;
}

/**
 * d(loss)/dlogprob of one token, of all the rollout's token losses together. d(ratio)/dlogprob is the ratio
 * itself. For `gspo` a token moves the sequence's ratio by one nth of it, but the loss stands at all n tokens.
 */
export function surrogateSlope(ratio: number, advantage: number, dials: SurrogateDials): number {
  if (dials.loss === 'cispo') return -Math.min(ratio, 1 + dials.clipHigh) * advantage;
  if (advantage === 0 || clippedBy(ratio, advantage, dials) !== null) return 0;
  return -advantage * ratio;
}
