/** How uncertain the Solver is about a question, from its agreement with itself. */

import type { RunConfig } from '../config/schema.ts';

/**
 * Uncertainty at agreement `p` (share of *all* attempts that are in the majority, 0..1).
 * `paper`: `1 - 2|p - 1/2|`, 0..1 (R-Zero, section 3.2). `repo`: `min(p, 1 - p)`, half of that (R-Zero's code).
 * A question without any answer has agreement 0 and so uncertainty 0: being unanswerable pays nothing.
 */
export function uncertainty(agreement: number, variant: RunConfig['challenger']['uncertainty']): number {
  const half = Math.min(agreement, 1 - agreement);
  return variant === 'paper' ? 2 * half : half;
}
