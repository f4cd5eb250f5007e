/**
 * Builds optimizer batches of similar length from corpus documents. Pure, given a seed. `pretrain.ts` trains
 * on them.
 */

import { corpusDocument, type CorpusRecipe } from '../domains/arithmetic/corpus.ts';
import type { Example } from '../engine/engine.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { toExample } from '../grpo/batch.ts';
import { Random } from '../random.ts';

export interface PretrainBatch {
  examples: Example[];
  /** Includes prompts. */
  tokens: number;
  /** Positions that count in the loss: those of the assistant. */
  targets: number;
}

export interface BatchOptions {
  corpus: CorpusRecipe;
  seed: number;
  totalTokens: number;
  batchTokens: number;
  bucketBatches: number;
  /** Ends the assistant's turn. */
  turnEnd: string;
}

/** Yields batches until `totalTokens` are served. Every document is newly generated. */
export function* pretrainBatches(tokenizer: Tokenizer, options: BatchOptions): Generator<PretrainBatch> {
  const random = new Random(options.seed);
  let served = 0;
  while (served < options.totalTokens) {
    const examples: Example[] = [];
    let tokens = 0;
    while (tokens < options.batchTokens * options.bucketBatches) {
      const { user, assistant } = corpusDocument(random, options.corpus, Math.min(1, served / options.totalTokens));
      const prompt = tokenizer.encode(tokenizer.renderChat([{ role: 'user', content: user }]));
      const example = toExample(prompt, tokenizer.encode(assistant + options.turnEnd));
      examples.push(example);
      tokens += example.input.length;
    }
    examples.sort((a, b) => a.input.length - b.input.length);
    const batches = cut(examples, tokens / options.bucketBatches);
    for (const batch of random.shuffle(batches)) {
      yield batch;
      served += batch.tokens;
      if (served >= options.totalTokens) return;
    }
  }
}

function cut(examples: readonly Example[], size: number): PretrainBatch[] {
  const batches: PretrainBatch[] = [];
  let current: PretrainBatch = { examples: [], tokens: 0, targets: 0 };
  for (const example of examples) {
    current.examples.push(example);
    current.tokens += example.input.length;
    current.targets += example.mask.reduce((sum, masked) => sum + masked, 0);
    if (current.tokens < size) continue;
    batches.push(current);
    current = { examples: [], tokens: 0, targets: 0 };
  }
  if (current.examples.length > 0) batches.push(current);
  return batches;
}
