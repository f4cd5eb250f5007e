/**
 * Continuous batching over slots. Each prompt is run once (`prompt-queue.ts`) and its keys and values are
 * copied into the slot of every completion that shares it; a finished slot takes the next completion, and
 * when none is left the last slot moves into the hole, so the running batch is always dense.
 *
 * A completion is the same to the last bit whatever else is in the batch: every operator treats sequences
 * apart, and what masked positions add to a sum is exactly zero.
 */

import { EngineError } from '../../errors.ts';
import type { DecoderConfig, Weights } from '../../models/decoder-config.ts';
import type { Completion, SampleRequest } from '../engine.ts';
import { isStopToken, matchedStop, type Decode } from '../stop-strings.ts';
import type { Decoding, OpenDecoding } from './decoding.ts';
import { DECODING_INPUTS as IN } from './decoding-graph.ts';
import { KvCache, slotsThatFit } from './kv-cache.ts';
import { pickToken, tokenUniform } from './pick-token.ts';
import type { Prefill } from './prefill.ts';
import { promptedCompletions, unsharedCompletions } from './prompt-queue.ts';
import { float32, floats, int32, int64, type Feeds } from './session.ts';

/** Called after every decoding step; may throw to abort. */
export type SampleTick = (completionsDone: number, tokens: number) => void;

export interface BatchSamplerOptions {
  slots: number;
  /** The model's own stop tokens. */
  eosIds: readonly number[];
  policyVersion: number;
  /** For stop strings. */
  decode: Decode;
  /** False runs every completion's prompt by itself; the results are the same. */
  sharePrompts?: boolean;
}

/** One completion being decoded in a slot. */
interface Running {
  request: number;
  sample: number;
  /** Tokens in the cache. */
  length: number;
  tokens: number[];
  logprobs: number[];
  stopString: string | null;
}

export class BatchSampler {
  #config: DecoderConfig;
  #weights: Weights;
  #prefill: Prefill;
  #decoding: Decoding;
  #options: BatchSamplerOptions;

  /** @param decoding session over these weights, or over their base; it stays its owner's */
  constructor(weights: Weights, prefill: Prefill, decoding: Decoding, options: BatchSamplerOptions) {
    this.#config = prefill.config;
    this.#weights = weights;
    this.#prefill = prefill;
    this.#decoding = decoding;
    this.#options = options;
  }

  async sample(requests: readonly SampleRequest[], tick: SampleTick): Promise<Completion[][]> {
    const results: Completion[][] = requests.map(() => []);
    const total = requests.reduce((sum, request) => sum + request.n, 0);
    const longest = Math.max(...requests.map((request) => request.prompt.length + request.maxTokens));
    const decoder = await this.#decoding.open(longest);
    const factors = this.#decoding.factors(this.#weights);
    const slots = slotsThatFit(this.#config, Math.min(this.#options.slots, total), longest);
    const cache = new KvCache(this.#config, slots, longest);
    const queue = this.#options.sharePrompts === false ? unsharedCompletions : promptedCompletions;
    const pending = queue(requests, (prompts) => this.#prefill.run(this.#weights, prompts));
    const running: Running[] = [];
    let done = 0;
    const finished = (sequence: Running): void => {
      results[sequence.request][sequence.sample] = this.#completion(requests[sequence.request], sequence);
      done++;
    };
    for (;;) {
      while (running.length < cache.slots) {
        const next = await pending.next();
        if (next.done === true) break;
        const { request, sample, prompt } = next.value;
        const { length } = prompt;
        const sequence: Running = { request, sample, length, tokens: [], logprobs: [], stopString: null };
        if (!this.#extend(requests[request], sequence, prompt.first)) {
          finished(sequence);
          continue;
        }
        cache.load(running.length, prompt);
        running.push(sequence);
      }
      if (running.length === 0) return results;
      const distribution = await this.#decode(decoder, factors, running, cache);
      const batch = running.length;
      const { vocabulary } = this.#config;
      for (let slot = batch - 1; slot >= 0; slot--) {
        const sequence = running[slot];
        if (
          this.#extend(
            requests[sequence.request],
            sequence,
            distribution.subarray(slot * vocabulary, (slot + 1) * vocabulary),
          )
        )
          continue;
        finished(sequence);
        release(running, cache, slot);
      }
      tick(done, batch);
    }
  }

  /** One token for every running sequence; returns their log-distributions `[batch, vocabulary]`. */
  async #decode(
    { graph, session }: OpenDecoding,
    factors: Feeds,
    running: Running[],
    cache: KvCache,
  ): Promise<Float32Array> {
    const batch = running.length;
    const positions = running.map(({ length }) => length);
    cache.reserve(Math.max(...positions) + 1);
    const feeds: Feeds = {
      ...factors,
      [IN.tokens]: int32(
        Int32Array.from(running, ({ tokens }) => tokens[tokens.length - 1]),
        [batch],
      ),
      [IN.positions]: int64(positions, [batch, 1]),
      [IN.mask]: float32(lengthMask(positions, cache.capacity), [batch, 1, 1, cache.capacity]),
    };
    for (let layer = 0; layer < this.#config.layers; layer++) {
      feeds[IN.pastKey(layer)] = float32(cache.keys(layer, batch), cache.dims(batch));
      feeds[IN.pastValue(layer)] = float32(cache.values(layer, batch), cache.dims(batch));
    }
    const outputs = await session.run(feeds);
    for (let layer = 0; layer < this.#config.layers; layer++) {
      cache.append(layer, floats(outputs[graph.keys[layer]]), floats(outputs[graph.values[layer]]), positions);
    }
    for (const sequence of running) sequence.length++;
    return floats(outputs[graph.logDistribution]);
  }

  /** Draws the next token; false when the completion is over. */
  #extend(request: SampleRequest, sequence: Running, distribution: Float32Array): boolean {
    const token = pickToken(distribution, request, tokenUniform(request.seed, sequence.sample, sequence.tokens.length));
    const logprob = distribution[token];
    if (!Number.isFinite(logprob)) {
      const advice = 'Its weights may be damaged or have diverged: go back to an earlier state.';
      throw new EngineError('numeric', 'The model gives no finite probabilities.', advice);
    }
    sequence.tokens.push(token);
    sequence.logprobs.push(logprob);
    if (isStopToken(token, this.#options.eosIds, request)) return false;
    sequence.stopString = matchedStop(sequence.tokens, request.stopStrings ?? [], this.#options.decode);
    return sequence.stopString === null && sequence.tokens.length < request.maxTokens;
  }

  #completion(request: SampleRequest, { tokens, logprobs, stopString }: Running): Completion {
    const stopped = stopString !== null || isStopToken(tokens[tokens.length - 1], this.#options.eosIds, request);
    return {
      tokens: Int32Array.from(tokens),
      logprobs: Float32Array.from(logprobs),
      stop: stopped ? 'stop' : 'length',
      ...(stopString === null ? {} : { stopString }),
      policyVersion: this.#options.policyVersion,
    };
  }
}

/** Frees a slot by moving the last sequence into it. */
function release(running: Running[], cache: KvCache, slot: number): void {
  const last = running.length - 1;
  if (slot !== last) {
    cache.move(last, slot, running[last].length);
    running[slot] = running[last];
  }
  running.pop();
}

/** 0 below each length, a large negative number from there on: `[batch, capacity]`. */
function lengthMask(lengths: readonly number[], capacity: number): Float32Array {
  const mask = new Float32Array(lengths.length * capacity);
  lengths.forEach((length, row) => mask.fill(-1e9, row * capacity + length, (row + 1) * capacity));
  return mask;
}
