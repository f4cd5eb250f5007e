/**
 * Sampling on the processor: the lanes of `continuous-batching.ts` are rows of a KV cache. Each prompt runs once
 * (`prompt-queue.ts`), its beginning once for all prompts that share it (`shared-beginnings.ts`), and its keys and
 * values are stored once for all completions that share it (`prompt-groups.ts`).
 * The last row moves into the gap of one that becomes free, so the running batch is always dense.
 *
 * A completion has the same bits for any other contents of the batch: all operators treat sequences
 * independently, and masked positions add exactly zero to a sum.
 */

import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import { DECODING_INPUTS as IN } from './cached-attention.ts';
import {
  decodedTokens,
  runLanes,
  type Drawn,
  type Entered,
  type Lanes,
  type ModelEnds,
  type Running,
  type SampleControl,
} from './continuous-batching.ts';
import type { Decoding, OpenDecoding } from './decoding.ts';
import { BLOCK } from './decoding-graph.ts';
import { KvCache, slotsThatFit } from './kv-cache.ts';
import { pickToken, tokenUniform, type Blocks } from './pick-token.ts';
import type { Prefill, Prefilled } from './prefill/prefill.ts';
import { PromptGroups, type Group } from './prompt-groups.ts';
import { promptedCompletions, unsharedCompletions, type Prompted, type Share } from './prompt-queue.ts';
import { SharedBeginnings } from './prefill/shared-beginnings.ts';
import { float32, floats, int32, int64, type Feeds } from '../session.ts';

export interface BatchSamplerOptions extends ModelEnds {
  slots: number;
  /** False runs the whole prompt of every completion separately, with the same results. */
  sharePrompts?: boolean;
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
  /** Lives as long as this sampler, so that later calls find the beginnings of earlier ones. */
  #beginnings: SharedBeginnings;

  /** @param decoding session over these weights, or over their base; its owner closes it */
  constructor(weights: Weights, prefill: Prefill, decoding: Decoding, options: BatchSamplerOptions) {
    this.#config = prefill.config;
    this.#weights = weights;
    this.#prefill = prefill;
    this.#decoding = decoding;
    this.#options = options;
    this.#beginnings = new SharedBeginnings(prefill, weights);
  }

  /** Samples all completions, or those of a share: then the lists of the others have gaps. */
  async sample(requests: readonly SampleRequest[], control: SampleControl, share?: Share): Promise<Completion[][]> {
    const { slots: most, sharePrompts = true } = this.#options;
    const total = requests.reduce((sum, request) => sum + request.n, 0);
    const longestPrompt = Math.max(...requests.map(({ prompt }) => prompt.length));
    const longestNew = Math.max(...requests.map(({ maxTokens }) => maxTokens));
    const config = this.#config;
    const fitting = slotsThatFit(config, Math.min(most, total), longestPrompt + longestNew);
    const slots = Math.ceil(fitting / (share?.sides ?? 1));
    const lanes = new HostLanes(config, requests, {
      decoder: await this.#decoding.open(longestPrompt + longestNew),
      factors: this.#decoding.factors(this.#weights),
      cache: new KvCache(config, slots, longestNew),
      groups: new PromptGroups(config, slots, longestPrompt),
      pending: sharePrompts ? this.#shared(requests, share) : this.#unshared(requests),
    });
    return runLanes(requests, lanes, this.#options, control);
  }

  #shared(requests: readonly SampleRequest[], share?: Share): AsyncGenerator<Prompted<Prefilled>> {
    const beginnings = this.#beginnings;
    return promptedCompletions(requests, (prompts) => beginnings.run(prompts), share, beginnings.count);
  }

  #unshared(requests: readonly SampleRequest[]): AsyncGenerator<Prompted<Prefilled>> {
    return unsharedCompletions(requests, (prompts) => this.#prefill.run(this.#weights, prompts));
  }
}

interface CallState {
  decoder: OpenDecoding;
  /** The adapter's inputs. */
  factors: Feeds;
  cache: KvCache;
  groups: PromptGroups;
  pending: AsyncIterator<Prompted<Prefilled>>;
}

/** The lanes of one call: rows of the KV cache. A lane is the group of its prompt. */
class HostLanes implements Lanes<Group> {
  readonly count: number;
  readonly refill = 1;
  #config: DecoderConfig;
  #requests: readonly SampleRequest[];
  #state: CallState;

  constructor(config: DecoderConfig, requests: readonly SampleRequest[], state: CallState) {
    this.count = state.cache.slots;
    this.#config = config;
    this.#requests = requests;
    this.#state = state;
  }

  /** Starts one: its distribution is then in memory for a short time only. */
  async enter(): Promise<Entered<Group>[]> {
    const next = await this.#state.pending.next();
    if (next.done === true) return [];
    const { request, sample, prompt } = next.value;
    const lane = this.#state.groups.join(prompt);
    return [{ request, sample, lane, draw: () => this.#draw(request, sample, 0, { row: prompt.first }) }];
  }

  async step(running: readonly Running<Group>[]): Promise<(at: number) => Drawn> {
    const distributions = await this.#decode(running);
    return (at) => {
      const { request, sample, tokens } = running[at];
      return this.#draw(request, sample, tokens.length, distributionOf(distributions, at, this.#config.vocabulary));
    };
  }

  leave(group: Group): void {
    this.#state.groups.leave(group);
  }

  move(last: Running<Group>, from: number, to: number): void {
    this.#state.cache.move(from, to, decodedTokens(last));
  }

  #draw(request: number, sample: number, position: number, { row, blocks }: Next): Drawn {
    const options = this.#requests[request];
    const token = pickToken(row, options, tokenUniform(options.seed, sample, position), blocks);
    return { token, logprob: row[token] };
  }

  /** Decodes one token for every running sequence and returns their distributions. */
  async #decode(running: readonly Running<Group>[]): Promise<Distributions> {
    const { decoder, factors, cache, groups: prompts } = this.#state;
    const { graph, session } = decoder;
    const batch = running.length;
    const lengths = running.map(decodedTokens);
    cache.reserve(Math.max(...lengths) + 1);
    const { groups, size, members, places } = prompts.layout(running.map(({ lane }) => lane));
    const { capacity } = prompts.cache;
    const feeds: Feeds = {
      ...factors,
      [IN.tokens]: int32(
        Int32Array.from(running, ({ tokens }) => tokens[tokens.length - 1]),
        [batch],
      ),
      [IN.positions]: int64(
        running.map(({ lane }, at) => lane.prompt.length + lengths[at]),
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
    return {
      logs: floats(outputs[graph.logDistribution]),
      mass: graph.blockMass === null ? null : floats(outputs[graph.blockMass]),
    };
  }
}

function distributionOf({ logs, mass }: Distributions, slot: number, vocabulary: number): Next {
  const row = logs.subarray(slot * vocabulary, (slot + 1) * vocabulary);
  if (mass === null) return { row };
  const count = Math.ceil(vocabulary / BLOCK);
  return { row, blocks: { mass: mass.subarray(slot * count, (slot + 1) * count), size: BLOCK } };
}

/** Builds the mask `[batch, capacity]`: 0 below each length, a large negative number from there on. */
function lengthMask(lengths: readonly number[], capacity: number): Float32Array {
  const mask = new Float32Array(lengths.length * capacity);
  lengths.forEach((length, row) => mask.fill(-1e9, row * capacity + length, (row + 1) * capacity));
  return mask;
}
