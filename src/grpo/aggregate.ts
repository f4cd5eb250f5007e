/**
 * Loss aggregation: computes one weight per example, which reduces the token losses of a mini-batch to a
 * single number. The token losses themselves are in `coefficients.ts`.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** Options that choose the weights. `maxTokens` is the maximum completion length when sampling. */
export type AggregationDials = Pick<GrpoConfig, 'aggregation' | 'microBatch'> & { maxTokens: number };

/** Size of the optimizer step that a mini-batch belongs to. */
export interface StepSize {
  /** Completion tokens in all its mini-batches. */
  tokens: number;
  /** Number of its mini-batches. */
  updates: number;
}

/**
 * Computes the weight of each token's loss, per example, from the completion lengths of one optimizer update.
 *
 * - `token-mean`: every token of the mini-batch has equal weight, `1 / Σ|o|` (BNPO; DAPO if a step is one
 *   update).
 * - `step-token-mean`: every token of the whole step has equal weight; the mean over its updates is `1 /
 *   Σ|o|` over the step (DAPO).
 * - `sequence-mean`: every completion has equal weight, `1 / (N |o_i|)` (GRPO).
 * - `fixed-length`: the sum over the completion divided by one fixed length, `1 / (N maxTokens)` (Dr. GRPO).
 * - `micro-batch-mean`: token mean over each `microBatch` consecutive rollouts, then the mean of those
 *   (R-Zero's code).
 *
 * An empty completion has weight 0.
 */
export function exampleScales(tokens_N: readonly number[], dials: AggregationDials, step: StepSize): Float64Array {
  const size = tokens_N.length;
  const total = tokens_N.reduce((sum, tokens) => sum + tokens, 0);
  const micro = microBatchTotals(tokens_N, dials.microBatch);
  const weightOf = (index: number): number => {
    switch (dials.aggregation) {
      case 'token-mean':
        return 1 / total;
      case 'step-token-mean':
        return step.updates / step.tokens;
      case 'sequence-mean':
        return 1 / (size * tokens_N[index]);
      case 'fixed-length':
        return 1 / (size * dials.maxTokens);
      case 'micro-batch-mean':
        return 1 / (micro.length * micro[Math.floor(index / dials.microBatch)]);
    }
  };
  return Float64Array.from(tokens_N, (tokens, index) => (tokens === 0 ? 0 : weightOf(index)));
}

function microBatchTotals(tokens_N: readonly number[], size: number): number[] {
  const totals = Array.from({ length: Math.ceil(tokens_N.length / size) }, () => 0);
  tokens_N.forEach((tokens, index) => (totals[Math.floor(index / size)] += tokens));
  return totals;
}
