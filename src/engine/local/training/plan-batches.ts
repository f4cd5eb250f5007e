/** Chooses the micro-batches of a pass: padded sequences, or trees that share prompts where these save enough. */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Example } from '../../engine.ts';
import { activationBytes } from '../memory/forecast-memory.ts';
import { type MicroBatch, paddedBatches } from './micro-batch.ts';
import { paddedTime } from './padding.ts';
import { type Joins, treeBatches } from './prompt-tree.ts';

/** Trees are used if their work is less than this share of the work of padded sequences. */
const WORTH = 0.8;
/** Work per score of attention besides its two products: mask, softmax and copies, in operations. */
const SCORE_WORK = 40;

/**
 * Plans the micro-batches of all examples. No tree needs more memory than the largest batch of padded sequences.
 *
 * @param budget maximum tokens of a batch of padded sequences
 */
export function planBatches(config: DecoderConfig, examples: readonly Example[], budget: number): MicroBatch[] {
  const padded = paddedBatches(examples, budget);
  const trees = treeBatches(examples, joinsWithin(config, padded));
  return total(config, trees) < WORTH * total(config, padded) ? trees : padded;
}

function joinsWithin(config: DecoderConfig, padded: readonly MicroBatch[]): Joins {
  const memory = (tokens: number, time: number): number => activationBytes(config, tokens, time);
  const most = Math.max(0, ...padded.map(({ sequences, time }) => memory(sequences.length * time, time)));
  return ({ tokens, added, length }) => {
    const grown = paddedTime(tokens + added);
    return memory(grown, grown) <= most && rowWork(config, grown) - rowWork(config, tokens) <= rowWork(config, length);
  };
}

function total(config: DecoderConfig, batches: readonly MicroBatch[]): number {
  return batches.reduce((sum, { sequences, time }) => sum + sequences.length * rowWork(config, time), 0);
}

/** Computes the operations of one layer's forward pass over a row of `time` tokens. */
function rowWork({ hidden, heads, kvHeads, headDim, intermediate }: DecoderConfig, time: number): number {
  const matrices = hidden * (2 * heads + 2 * kvHeads) * headDim + 3 * hidden * intermediate;
  return 2 * time * matrices + time * time * heads * (4 * headDim + SCORE_WORK);
}
