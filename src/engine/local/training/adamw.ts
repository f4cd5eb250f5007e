/**
 * AdamW with bias correction and decoupled weight decay, in one pass over memory per tensor. Gradient
 * clipping is applied as a scale. Used by `trainer.ts`.
 */

import type { AdamOptions } from '../../engine.ts';

export interface Moments {
  /** Moving average of the gradient. */
  first: Float32Array;
  /** Moving average of the squared gradient. */
  second: Float32Array;
}

/**
 * Updates `weights` and `moments` in place.
 *
 * @param step 1-based number of this update
 * @param scale factor of the gradient (global-norm clipping)
 */
export function adamwUpdate(
  weights: Float32Array,
  gradient: Float32Array,
  moments: Moments,
  { step, scale, ...options }: AdamOptions & { step: number; scale: number },
): void {
  const { beta1, beta2, epsilon, learningRate, weightDecay } = options;
  const { first, second } = moments;
  const firstCorrection = 1 / (1 - beta1 ** step);
  const secondCorrection = 1 / (1 - beta2 ** step);
  const keep = 1 - learningRate * weightDecay;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i] * scale;
    const mean = beta1 * first[i] + (1 - beta1) * g;
    const square = beta2 * second[i] + (1 - beta2) * g * g;
    first[i] = mean;
    second[i] = square;
    weights[i] =
      weights[i] * keep - (learningRate * mean * firstCorrection) / (Math.sqrt(square * secondCorrection) + epsilon);
  }
}

/** Computes the Euclidean norm over all gradients. */
export function globalNorm(gradients: readonly Float32Array[]): number {
  let sum = 0;
  for (const gradient of gradients) for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
}
