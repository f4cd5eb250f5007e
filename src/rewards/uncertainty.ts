/** Uncertainty of the Solver about a question, computed from its agreement with itself. */

import type { RunConfig } from '../config/schema.ts';

/**
 * Computes the uncertainty at agreement `p`, the share of *all* attempts in the majority, 0..1.
 * `paper`: `1 - 2|p - 1/2|`, 0..1 (R-Zero, section 3.2). `repo`: `min(p, 1 - p)`, half of it (R-Zero's code).
 * `learnability`: `1 - p`, and 0 at 0 and 1 (Absolute Zero, arXiv 2505.03335, section 3.2, where p is the share of right
 * attempts). A question without any answer has agreement 0, so its uncertainty is 0.
 */
export function uncertainty(agreement: number, variant: RunConfig['challenger']['uncertainty']): number {
  if (variant === 'learnability') return learnability(agreement);
  const half = Math.min(agreement, 1 - agreement);
  return variant === 'paper' ? 2 * half : half;
}

/** Computes Absolute Zero's reward of a task with the mean success rate `p`: `1 - p`, and 0 if it is 0 or 1. */
export function learnability(p: number): number {
  return p <= 0 || p >= 1 ? 0 : 1 - p;
}
