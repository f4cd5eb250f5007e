/**
 * Runs prompts once (prefill) and keeps their keys and values for decoding. One session serves all weights of
 * one architecture and adapter shape. Next: `prompt-queue.ts`.
 */

import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { prefillGraph, type CachingGraph } from './decoding-graph.ts';
import type { CachedPrompt } from './kv-cache.ts';
import { feedOf } from '../memory/tensors.ts';
import { SequenceFeeds } from '../training/sequence-feeds.ts';
import { floats, openSession, type Session } from '../session.ts';

/** A prompt after prefill, with the log-probabilities of its first new token. */
export interface Prefilled extends CachedPrompt {
  first: Float32Array;
}

export class Prefill {
  readonly config: DecoderConfig;
  readonly adapter: AdapterShape | null;
  #threads: number;
  #feeds: SequenceFeeds;
  #fewest: FewestRows;
  #opened: Promise<{ graph: CachingGraph; session: Session }> | null = null;

  constructor(config: DecoderConfig, threads: number, adapter: AdapterShape | null = null) {
    this.config = config;
    this.adapter = adapter;
    this.#threads = threads;
    this.#feeds = new SequenceFeeds(config, adapter);
    this.#fewest = fewestRows(config, threads, adapter);
  }

  /**
   * Runs all prompts together; returns one result per prompt. A result has the same bits for any other
   * prompts in the batch: rows of a product are independent, padding is masked, and no product has fewer rows than
   * `fewestRows`.
   */
  async run(weights: Weights, prompts: readonly Int32Array[]): Promise<Prefilled[]> {
    this.#opened ??= this.#open();
    const { graph, session } = await this.#opened;
    const time = Math.max(2, ...prompts.map((prompt) => prompt.length));
    const sequences = repeated(prompts, Math.ceil(this.#fewest.tokens / time));
    const last = prompts.map((prompt, row) => row * time + prompt.length - 1);
    const selected = Int32Array.from(repeated(last, this.#fewest.distributions));
    const outputs = await session.run(this.#feeds.of(feedOf(weights), sequences, time, selected));
    const distribution = floats(outputs[graph.logDistribution]);
    const { vocabulary } = this.config;
    return prompts.map((prompt, row) => ({
      length: prompt.length,
      keys: graph.keys.map((name) => this.#slice(floats(outputs[name]), row, time, prompt.length)),
      values: graph.values.map((name) => this.#slice(floats(outputs[name]), row, time, prompt.length)),
      first: distribution.slice(row * vocabulary, (row + 1) * vocabulary),
    }));
  }

  async close(): Promise<void> {
    if (this.#opened !== null) await (await this.#opened).session.release();
    this.#opened = null;
  }

  /** Copies one row of `[B, kvHeads, time, headDim]` to `[kvHeads, length, headDim]`. */
  #slice(cache: Float32Array, row: number, time: number, length: number): Float32Array {
    const { kvHeads, headDim } = this.config;
    const out = new Float32Array(kvHeads * length * headDim);
    for (let head = 0; head < kvHeads; head++) {
      const from = (row * kvHeads + head) * time * headDim;
      out.set(cache.subarray(from, from + length * headDim), head * length * headDim);
    }
    return out;
  }

  async #open(): Promise<{ graph: CachingGraph; session: Session }> {
    const graph = prefillGraph(this.config, this.adapter);
    return { graph, session: await openSession(graph.model, this.#threads) };
  }
}

/** Fewest rows of the products of a batch: its tokens, and the distributions that it returns. */
interface FewestRows {
  tokens: number;
  distributions: number;
}

/** The runtime divides columns in multiples of 16, and sums a part of at most 64 columns in other blocks. */
const PART = 16;
const NARROW = 64;

/**
 * Returns from which number of rows on the bits of a product do not depend on it. A single row is computed by another
 * kernel. With several threads, the runtime divides a product that has fewer rows than columns by columns, and the
 * sums of narrow parts have other last bits.
 */
function fewestRows(
  { heads, kvHeads, headDim, hidden, intermediate, vocabulary }: DecoderConfig,
  threads: number,
  adapter: AdapterShape | null,
): FewestRows {
  const isNarrow = (columns: number): boolean => threads > 1 && columns < (NARROW + PART) * threads;
  const rowsFor = (...columns: number[]): number => Math.max(2, ...columns.filter(isNarrow));
  const ranks = adapter === null ? [] : [adapter.rank];
  return {
    tokens: rowsFor(heads * headDim, kvHeads * headDim, hidden, intermediate, ...ranks),
    distributions: rowsFor(vocabulary),
  };
}

/** Repeats the first item until there are `least`. */
function repeated<T>(items: readonly T[], least: number): T[] {
  return [...items, ...Array.from({ length: Math.max(0, least - items.length) }, () => items[0])];
}
