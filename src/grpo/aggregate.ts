/** How the token losses of one mini-batch become one number: a weight for every example. */

import type { GrpoConfig } from '../config/schema.ts';

/**
 * Weight of each token's loss, per example, from the completion lengths of one optimizer update.
 * `token-mean`: every token counts alike, `1 / Σ|o|` over the whole mini-batch (DAPO).
 * `sequence-mean`: every completion counts alike, `1 / (N |o_i|)` (GRPO; what R-Zero's Solver phase comes to).
 * An empty completion weighs 0.
 */
export function exampleScales(tokens_N: readonly number[], aggregation: GrpoConfig['aggregation']): Float64Array {
  const total = tokens_N.reduce((sum, tokens) => sum + tokens, 0);
  return Float64Array.from(tokens_N, (tokens) => {
    if (tokens === 0) return 0;
    return aggregation === 'token-mean' ? 1 / total : 1 / (tokens_N.length * tokens);
  });
}
