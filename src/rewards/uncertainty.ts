/** Uncertainty of the Solver about a question, computed from its agreement with itself. */

import type { RunConfig } from '../config/schema.ts';

/**
 * Computes the uncertainty at agreement `p`, the share of *all* attempts in the majority, 0..1.
 * `paper`: `1 - 2|p - 1/2|`, 0..1 (R-Zero, section 3.2). `repo`: `min(p, 1 - p)`, half of it (R-Zero's code).
 * A question without any answer has agreement 0, so its uncertainty is 0.
 */
export function uncertainty(agreement: number, variant: RunConfig['challenger']['uncertainty']): number {
  const half = Math.min(agreement, 1 - agreement);
  return variant === 'paper' ? 2 * half : half;
}
