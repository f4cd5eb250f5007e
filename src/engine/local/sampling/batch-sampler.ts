/**
 * Continuous batching over slots. Each prompt runs once (`prompt-queue.ts`), and its keys and values are
 * stored once for all completions that share it (`prompt-groups.ts`). A finished slot takes the next
 * completion. When none is left, the last slot moves into the gap, so the running batch is always dense.
 *
 * A completion has the same bits for any other contents of the batch: all operators treat sequences
 * independently, and masked positions add exactly zero to a sum.
 */

import { EngineError } from '../../../errors.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import { isStopToken, matchedStop, type Decode } from '../../stop-strings.ts';
import { DECODING_INPUTS as IN } from './cached-attention.ts';
import type { Decoding, OpenDecoding } from './decoding.ts';
import { BLOCK } from './decoding-graph.ts';
import { KvCache, slotsThatFit } from './kv-cache.ts';
import { pickToken, tokenUniform, type Blocks } from './pick-token.ts';
import type { Prefill } from './prefill.ts';
import { PromptGroups, type Group } from './prompt-groups.ts';
import { promptedCompletions, unsharedCompletions } from './prompt-queue.ts';
import { float32, floats, int32, int64, type Feeds } from '../session.ts';

/** Which completion of a call. */
export interface Place {
  request: number;
  sample: number;
}

/** Callbacks of a call. */
export interface SampleControl {
  /** Called after every decoding step; may throw to abort. */
  tick: (completionsDone: number, tokens: number) => void;
  /** Called with every token, and with every completion when it has ended. */
  stream?: {
    drawn(at: Place, token: number, logprob: number): void;
    ended(at: Place, completion: Completion): void;
  };
  /** Returns whether one request must end now; its completions keep their tokens. Default: none. */
  isAborted?: (request: number) => boolean;
}

export interface BatchSamplerOptions {
  slots: number;
  /** The model's stop tokens. */
  eosIds: readonly number[];
  policyVersion: number;
  /** Decodes tokens, to find stop strings. */
  decode: Decode;
  /** False runs the prompt of every completion separately, with the same results. */
  sharePrompts?: boolean;
}

/** One completion being decoded in a slot. */
interface Running extends Place {
  /** Its prompt, and the completions that share it. */
  group: Group;
  /** New tokens in the KV cache. */
  length: number;
  tokens: number[];
  logprobs: number[];
  stopString: string | null;
}

/** Output of a decoding step for the whole batch. */
interface Distributions {
  /** `[batch, vocabulary]` */
  logs: Float32Array;
  /** `[batch, blocks]`; null for small vocabularies. */
  mass: Float32Array | null;
}

/** Distribution of one next token. */
interface Next {
  row: Float32Array;
  blocks?: Blocks;
}

export class BatchSampler {
  #config: DecoderConfig;
  #weights: Weights;
  #prefill: Prefill;
  #decoding: Decoding;
  #options: BatchSamplerOptions;

  /** @param decoding session over these weights, or over their base; its owner closes it */
  constructor(weights: Weights, prefill: Prefill, decoding: Decoding, options: BatchSamplerOptions) {
    this.#config = prefill.config;
    this.#weights = weights;
    this.#prefill = prefill;
    this.#decoding = decoding;
    this.#options = options;
  }

  async sample(requests: readonly SampleRequest[], control: SampleControl): Promise<Completion[][]> {
    const { isAborted = () => false } = control;
    const results: Completion[][] = requests.map(() => []);
    const total = requests.reduce((sum, request) => sum + request.n, 0);
    const longestPrompt = Math.max(...requests.map(({ prompt }) => prompt.length));
    const longestNew = Math.max(...requests.map(({ maxTokens }) => maxTokens));
    const decoder = await this.#decoding.open(longestPrompt + longestNew);
    const factors = this.#decoding.factors(this.#weights);
    const slots = slotsThatFit(this.#config, Math.min(this.#options.slots, total), longestPrompt + longestNew);
    const cache = new KvCache(this.#config, slots, longestNew);
    const groups = new PromptGroups(this.#config, slots, longestPrompt);
    const queue = this.#options.sharePrompts === false ? unsharedCompletions : promptedCompletions;
    const pending = queue(requests, (prompts) => this.#prefill.run(this.#weights, prompts));
    const running: Running[] = [];
    let done = 0;
    const finished = (sequence: Running): void => {
      const completion = this.#completion(requests[sequence.request], sequence);
      results[sequence.request][sequence.sample] = completion;
      control.stream?.ended(sequence, completion);
      done++;
    };
    for (;;) {
      while (running.length < cache.slots) {
        const next = await pending.next();
        if (next.done === true) break;
        const { request, sample, prompt } = next.value;
        const group = groups.join(prompt);
        const sequence: Running = { request, sample, group, length: 0, tokens: [], logprobs: [], stopString: null };
        if (isAborted(request) || !this.#extend(requests[request], sequence, { row: prompt.first }, control.stream)) {
          finished(sequence);
          groups.leave(group);
          continue;
        }
        running.push(sequence);
      }
      if (running.length === 0) return results;
      const distributions = await this.#decode(decoder, factors, running, cache, groups);
      const batch = running.length;
      const { vocabulary } = this.#config;
      for (let slot = batch - 1; slot >= 0; slot--) {
        const sequence = running[slot];
        const next = distributionOf(distributions, slot, vocabulary);
        const goesOn = this.#extend(requests[sequence.request], sequence, next, control.stream);
        if (goesOn && !isAborted(sequence.request)) continue;
        finished(sequence);
        groups.leave(sequence.group);
        release(running, cache, slot);
      }
      control.tick(done, batch);
    }
  }

  /** Decodes one token for every running sequence and returns their distributions. */
  async #decode(
    { graph, session }: OpenDecoding,
    factors: Feeds,
    running: Running[],
    cache: KvCache,
    prompts: PromptGroups,
  ): Promise<Distributions> {
    const batch = running.length;
    const lengths = running.map(({ length }) => length);
    cache.reserve(Math.max(...lengths) + 1);
    const { groups, size, members, places } = prompts.layout(running.map(({ group }) => group));
    const { capacity } = prompts.cache;
    const feeds: Feeds = {
      ...factors,
      [IN.tokens]: int32(
        Int32Array.from(running, ({ tokens }) => tokens[tokens.length - 1]),
        [batch],
      ),
      [IN.positions]: int64(
        running.map(({ group, length }) => group.prompt.length + length),
        [batch, 1],
      ),
      [IN.groups]: int64([groups, size]),
      [IN.members]: int32(members, [members.length]),
      [IN.places]: int32(places, [batch]),
      [IN.promptMask]: float32(lengthMask(prompts.lengths, capacity), [groups, 1, 1, capacity]),
      [IN.mask]: float32(lengthMask(lengths, cache.capacity), [batch, 1, 1, cache.capacity]),
    };
    for (let layer = 0; layer < this.#config.layers; layer++) {
      feeds[IN.promptKey(layer)] = float32(prompts.cache.keys(layer, groups), prompts.cache.dims(groups));
      feeds[IN.promptValue(layer)] = float32(prompts.cache.values(layer, groups), prompts.cache.dims(groups));
      feeds[IN.pastKey(layer)] = float32(cache.keys(layer, batch), cache.dims(batch));
      feeds[IN.pastValue(layer)] = float32(cache.values(layer, batch), cache.dims(batch));
    }
    const outputs = await session.run(feeds);
    for (let layer = 0; layer < this.#config.layers; layer++) {
      cache.append(layer, floats(outputs[graph.keys[layer]]), floats(outputs[graph.values[layer]]), lengths);
    }
    for (const sequence of running) sequence.length++;
    return {
      logs: floats(outputs[graph.logDistribution]),
      mass: graph.blockMass === null ? null : floats(outputs[graph.blockMass]),
    };
  }

  /** Draws the next token. Returns false if the completion has ended. */
  #extend(request: SampleRequest, sequence: Running, { row, blocks }: Next, stream: SampleControl['stream']): boolean {
    const uniform = tokenUniform(request.seed, sequence.sample, sequence.tokens.length);
    const token = pickToken(row, request, uniform, blocks);
    const logprob = row[token];
    if (!Number.isFinite(logprob)) {
      const advice = 'Its weights may be damaged or have diverged: use an earlier checkpoint.';
      throw new EngineError('numeric', 'The model gives no finite probabilities.', advice);
    }
    sequence.tokens.push(token);
    sequence.logprobs.push(logprob);
    stream?.drawn(sequence, token, logprob);
    if (isStopToken(token, this.#options.eosIds, request)) return false;
    sequence.stopString = matchedStop(sequence.tokens, request.stopStrings ?? [], this.#options.decode);
    return sequence.stopString === null && sequence.tokens.length < request.maxTokens;
  }

  #completion(request: SampleRequest, { tokens, logprobs, stopString }: Running): Completion {
    const last = tokens.at(-1);
    const stopped = stopString !== null || (last !== undefined && isStopToken(last, this.#options.eosIds, request));
    return {
      tokens: Int32Array.from(tokens),
      logprobs: Float32Array.from(logprobs),
      stop: stopped ? 'stop' : 'length',
      ...(stopString === null ? {} : { stopString }),
      policyVersion: this.#options.policyVersion,
    };
  }
}

function distributionOf({ logs, mass }: Distributions, slot: number, vocabulary: number): Next {
  const row = logs.subarray(slot * vocabulary, (slot + 1) * vocabulary);
  if (mass === null) return { row };
  const count = Math.ceil(vocabulary / BLOCK);
  return { row, blocks: { mass: mass.subarray(slot * count, (slot + 1) * count), size: BLOCK } };
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

/** Builds the mask `[batch, capacity]`: 0 below each length, a large negative number from there on. */
function lengthMask(lengths: readonly number[], capacity: number): Float32Array {
  const mask = new Float32Array(lengths.length * capacity);
  lengths.forEach((length, row) => mask.fill(-1e9, row * capacity + length, (row + 1) * capacity));
  return mask;
}
