/**
 * Runs prompts once (prefill) and keeps their keys and values for decoding: whole, or the rest of prompts after a
 * beginning that has run. One pair of sessions serves all weights of one architecture and adapter shape. What prompts
 * share is found in `shared-beginnings.ts`.
 */

import type { AdapterShape } from '../../../../types.ts';
import type { DecoderConfig, Weights } from '../../../../models/decoder-config.ts';
import { type CachedPart, type CachedPrompt, tokensOf } from './cached-prompt.ts';
import { ContinuedFeeds } from './continued-feeds.ts';
import { continuedGraph, prefillGraph, type CachingGraph } from '../decoding-graph.ts';
import { fewestRows, type FewestRows, fewestSequences, repeated } from './fewest-rows.ts';
import { feedOf } from '../../memory/tensors.ts';
import { SequenceFeeds } from '../../training/sequence-feeds.ts';
import { type Feeds, floats, openSession, type Session } from '../../session.ts';

/** A prompt after prefill, with the log-probabilities of its first new token. */
export interface Prefilled extends CachedPrompt {
  first: Float32Array;
}

/** What one call of a session returns for a prompt: the tokens that ran, and the next token's distribution. */
interface Ran {
  part: CachedPart;
  first: Float32Array;
}

interface Opened {
  graph: CachingGraph;
  session: Session;
}

export class Prefill {
  readonly config: DecoderConfig;
  readonly adapter: AdapterShape | null;
  #threads: number;
  #feeds: SequenceFeeds;
  #continued: ContinuedFeeds;
  #fewest: FewestRows;
  #whole: Promise<Opened> | null = null;
  #rest: Promise<Opened> | null = null;

  constructor(config: DecoderConfig, threads: number, adapter: AdapterShape | null = null) {
    this.config = config;
    this.adapter = adapter;
    this.#threads = threads;
    this.#feeds = new SequenceFeeds(config, adapter);
    this.#continued = new ContinuedFeeds(config, adapter);
    this.#fewest = fewestRows(config, threads, adapter);
  }

  /**
   * Runs all prompts together; returns one result per prompt. A result has the same bits for any other
   * prompts in the batch: rows of a product are independent, padding is masked, and no product has fewer rows than
   * `fewestRows`.
   */
  async run(weights: Weights, prompts: readonly Int32Array[]): Promise<Prefilled[]> {
    this.#whole ??= this.#open(prefillGraph(this.config, this.adapter), true);
    const ran = await this.#run(this.#whole, prompts, 1, ({ sequences, time, selected }) =>
      this.#feeds.of(feedOf(weights), sequences, time, selected),
    );
    return ran.map(({ part, first }) => ({ length: part.length, parts: [part], first }));
  }

  /**
   * Runs the rest of prompts that start with the tokens of `beginning`, with the same bits as `run`.
   *
   * @param prompts each longer than the beginning
   */
  async runAfter(weights: Weights, beginning: CachedPrompt, prompts: readonly Int32Array[]): Promise<Prefilled[]> {
    this.#rest ??= this.#open(continuedGraph(this.config, this.adapter), false);
    const rests = prompts.map((prompt) => prompt.subarray(beginning.length));
    const time = longestOf(rests);
    const sequences = fewestSequences(this.config, this.#threads, { time, length: beginning.length + time });
    const ran = await this.#run(this.#rest, rests, sequences, (rest) =>
      this.#continued.of(feedOf(weights), beginning, rest),
    );
    return ran.map(({ part, first }) => ({
      length: beginning.length + part.length,
      parts: [...beginning.parts, part],
      first,
    }));
  }

  async close(): Promise<void> {
    for (const opened of [this.#whole, this.#rest]) if (opened !== null) await (await opened).session.release();
    this.#whole = null;
    this.#rest = null;
  }

  async #run(
    opened: Promise<Opened>,
    tokens: readonly Int32Array[],
    fewest: number,
    feeds: (batch: { sequences: readonly Int32Array[]; time: number; selected: Int32Array }) => Feeds,
  ): Promise<Ran[]> {
    const { graph, session } = await opened;
    const time = longestOf(tokens);
    const sequences = repeated(tokens, Math.max(fewest, Math.ceil(this.#fewest.tokens / time)));
    const last = tokens.map(({ length }, row) => row * time + length - 1);
    const selected = Int32Array.from(repeated(last, this.#fewest.distributions));
    const outputs = await session.run(feeds({ sequences, time, selected }));
    const distribution = floats(outputs[graph.logDistribution]);
    const { vocabulary } = this.config;
    return tokens.map(({ length }, row) => ({
      part: {
        keys: graph.keys.map((name) => this.#slice(floats(outputs[name]), row, time, length)),
        values: graph.values.map((name) => this.#slice(floats(outputs[name]), row, time, length)),
        room: length,
        length,
      },
      first: distribution.slice(row * vocabulary, (row + 1) * vocabulary),
    }));
  }

  /** Copies one row of `[B, kvHeads, time, headDim]` to `[kvHeads, length, headDim]`. */
  #slice(cache: Float32Array, row: number, time: number, length: number): Float32Array {
    const { kvHeads, headDim } = this.config;
    const out = new Float32Array(kvHeads * length * headDim);
    const size = kvHeads * time * headDim;
    const own = cache.subarray(row * size, (row + 1) * size);
    for (let head = 0; head < kvHeads; head++) {
      out.set(tokensOf(own, { room: time, length }, head, headDim), head * length * headDim);
    }
    return out;
  }

  /** The lengths of beginnings and rests keep changing. */
  async #open(graph: CachingGraph, memoryPattern: boolean): Promise<Opened> {
    return { graph, session: await openSession(graph.model, this.#threads, [], { memoryPattern }) };
  }
}

/** Returns the length that sequences are padded to: a product of a single row has other bits. */
function longestOf(sequences: readonly Int32Array[]): number {
  return Math.max(2, ...sequences.map(({ length }) => length));
}
