/** How the token losses of one mini-batch become one number: a weight for every example. */

import type { GrpoConfig } from '../config/schema.ts';

/** The dials that choose the weights; `maxTokens` is the longest completion that sampling allows. */
export type AggregationDials = Pick<GrpoConfig, 'aggregation' | 'microBatch'> & { maxTokens: number };

/** The step that a mini-batch is part of. */
export interface StepSize {
  /** Completion tokens of all its mini-batches. */
  tokens: number;
  /** Its mini-batches. */
  updates: number;
}

/**
 * Weight of each token's loss, per example, from the completion lengths of one optimizer update.
 * `token-mean`: every token of the mini-batch counts alike, `1 / Σ|o|` (BNPO; DAPO where a step is one update).
 * `step-token-mean`: every token of the whole step counts alike, so that the mean over its updates is
 * `1 / Σ|o|` over the step (DAPO).
 * `sequence-mean`: every completion counts alike, `1 / (N |o_i|)` (GRPO).
 * `fixed-length`: a sum over the completion, divided by the same length for all, `1 / (N maxTokens)` (Dr. GRPO).
 * `micro-batch-mean`: token mean of each `microBatch` rollouts in a row, then the mean of those (R-Zero's code).
 * An empty completion weighs 0.
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
