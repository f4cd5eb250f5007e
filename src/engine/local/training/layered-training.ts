/**
 * Training with activation recomputation: keeps only each layer's input and recomputes the rest in the
 * backward pass. It runs layer by layer through small sessions (`layer-graphs.ts`), so that the activations
 * of only one layer exist at a time. This costs one more forward pass; the gradients are the same as in
 * `training-graph.ts`.
 */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import { SEQUENCE_INPUTS as IN } from './causal-attention.ts';
import { feedSums } from './gradient-sums.ts';
import { chunkRows } from './head.ts';
import {
  endGraph,
  endTensors,
  inLayer,
  LAYER_INPUTS,
  layerBackwardGraph,
  layerForwardGraph,
  layerTensors,
} from './layer-graphs.ts';
import { flatTokens, type SequenceFeeds } from './sequence-feeds.ts';
import type { Feed } from '../memory/tensors.ts';
import type { ort } from '../runtime.ts';
import { type Feeds, type Fetches, float32, floats, int32, openSession, type Session } from '../session.ts';

/** One micro-batch, right-padded. */
export interface Batch {
  sequences: readonly Int32Array[];
  time: number;
  /** Flat rows (batch × time) with a target, `[P]`. */
  rows: Int32Array;
  /** `[P]` */
  targets: Int32Array;
}

/** `[P]` each. */
export interface BatchScores {
  logprobs: Float32Array;
  entropy: Float32Array;
}

const EMBEDDING = 'model.embed_tokens.weight';

interface Open<Graph> {
  graph: Graph;
  session: Session;
}

interface Sessions {
  forward: Open<ReturnType<typeof layerForwardGraph>>;
  backward: Open<ReturnType<typeof layerBackwardGraph>>;
  end: Open<ReturnType<typeof endGraph>>;
}

export interface LayeredTrainingOptions {
  threads: number;
  /** Null: no adapter, all weights are trainable. */
  adapter: AdapterShape | null;
  feeds: SequenceFeeds;
  /** Maximum rows whose logits exist at once; default `chunkRows`. */
  most?: number;
}

export class LayeredTraining {
  #config: DecoderConfig;
  #threads: number;
  #adapter: AdapterShape | null;
  #most: number;
  #feeds: SequenceFeeds;
  #sessions: Promise<Sessions> | null = null;
  /**
   * Reused across batches, with the size of the largest. New buffers would wait for the garbage collector.
   */
  #buffers: Float32Array[] = [];

  constructor(config: DecoderConfig, options: LayeredTrainingOptions) {
    this.#config = config;
    this.#threads = options.threads;
    this.#adapter = options.adapter;
    this.#most = options.most ?? chunkRows(config.vocabulary);
    this.#feeds = options.feeds;
  }

  /**
   * Runs forward and backward of one micro-batch; adds to `sums` in place.
   *
   * @param coefficients dL/dlogprob, `[P]`
   */
  async run(weights: Feed, sums: Feed, batch: Batch, coefficients: Float32Array): Promise<BatchScores> {
    this.#sessions ??= this.#open();
    const { forward, backward, end } = await this.#sessions;
    const { hidden, layers } = this.#config;
    const tokens = flatTokens(batch.sequences, batch.time);
    const dims = [tokens.length, hidden];
    const attention = this.#feeds.ofAttention(batch.sequences.length, batch.time);
    // The residual stream before each layer and after the last, followed by two gradients of it.
    const streams = this.#take(layers + 3, tokens.length * hidden);
    gatherRows(floats(found(weights, EMBEDDING)), tokens, streams[0], hidden);

    for (let layer = 0; layer < layers; layer++) {
      const feeds = { ...attention, [LAYER_INPUTS.x]: float32(streams[layer], dims) };
      this.#feedLayer(weights, layer, feeds);
      await forward.session.run(feeds, { [forward.graph.x]: float32(streams[layer + 1], dims) });
    }
    let [gradient, next] = streams.slice(layers + 1);
    const scores = await this.#end(end, weights, sums, batch, coefficients, streams[layers], gradient);
    for (let layer = layers - 1; layer >= 0; layer--) {
      const feeds: Feeds = {
        ...attention,
        [LAYER_INPUTS.x]: float32(streams[layer], dims),
        [LAYER_INPUTS.gradient]: float32(gradient, dims),
      };
      const fetches: Fetches = { [backward.graph.gradient]: float32(next, dims) };
      this.#feedLayer(weights, layer, feeds);
      feedSums(backward.graph.gradients, (name) => sums(inLayer(name, layer)), feeds, fetches);
      await backward.session.run(feeds, fetches);
      [gradient, next] = [next, gradient];
    }
    if (this.#adapter === null) addRows(floats(found(sums, EMBEDDING)), tokens, gradient, hidden);
    return scores;
  }

  async close(): Promise<void> {
    if (this.#sessions !== null) {
      const { forward, backward, end } = await this.#sessions;
      for (const { session } of [forward, backward, end]) await session.release();
    }
    this.#sessions = null;
    this.#buffers = [];
  }

  /**
   * Runs the output matrix for a few rows at a time; writes the gradient of the last residual stream into
   * `gradient`.
   */
  async #end(
    { graph, session }: Sessions['end'],
    weights: Feed,
    sums: Feed,
    { rows, targets }: Batch,
    coefficients: Float32Array,
    stream: Float32Array,
    gradient: Float32Array,
  ): Promise<BatchScores> {
    const { hidden } = this.#config;
    const scores = { logprobs: new Float32Array(rows.length), entropy: new Float32Array(rows.length) };
    const size = Math.ceil(rows.length / Math.ceil(rows.length / this.#most));
    const constant: Feeds = {};
    for (const { name } of endTensors(this.#config)) constant[name] = found(weights, name);
    gradient.fill(0);
    for (let from = 0; from < rows.length; from += size) {
      const chunk = rows.subarray(from, from + size);
      const x = new Float32Array(chunk.length * hidden);
      chunk.forEach((row, at) => x.set(stream.subarray(row * hidden, (row + 1) * hidden), at * hidden));
      const feeds = {
        ...constant,
        [LAYER_INPUTS.x]: float32(x, [chunk.length, hidden]),
        [IN.targets]: int32(targets.subarray(from, from + size), [chunk.length]),
        [IN.coefficients]: float32(coefficients.subarray(from, from + size), [chunk.length, 1]),
      };
      const fetches: Fetches = { [graph.logprobs]: null, [graph.entropy]: null, [graph.gradient]: null };
      feedSums(graph.gradients, sums, feeds, fetches);
      const outputs = await session.run(feeds, fetches);
      scores.logprobs.set(floats(outputs[graph.logprobs]), from);
      scores.entropy.set(floats(outputs[graph.entropy]), from);
      const back = floats(outputs[graph.gradient]);
      chunk.forEach((row, at) => gradient.set(back.subarray(at * hidden, (at + 1) * hidden), row * hidden));
    }
    return scores;
  }

  #feedLayer(weights: Feed, layer: number, feeds: Feeds): void {
    for (const { name } of layerTensors(this.#config, this.#adapter))
      feeds[name] = found(weights, inLayer(name, layer));
  }

  #take(count: number, length: number): Float32Array[] {
    if (this.#buffers.length < count || this.#buffers[0].length < length) {
      this.#buffers = Array.from({ length: count }, () => new Float32Array(length));
    }
    return this.#buffers.map((buffer) => buffer.subarray(0, length));
  }

  async #open(): Promise<Sessions> {
    const open = async <Graph extends { model: Uint8Array }>(graph: Graph): Promise<Open<Graph>> => ({
      graph,
      session: await openSession(graph.model, this.#threads, [], { memoryPattern: false }),
    });
    return {
      forward: await open(layerForwardGraph(this.#config, this.#adapter)),
      backward: await open(layerBackwardGraph(this.#config, this.#adapter)),
      end: await open(endGraph(this.#config, this.#adapter)),
    };
  }
}

function found(tensors: Feed, name: string): ort.Tensor {
  const tensor = tensors(name);
  if (tensor === undefined) throw new Error(`the decoder has no parameter ${name}`);
  return tensor;
}

function gatherRows(data: Float32Array, rows: Int32Array, out: Float32Array, width: number): void {
  rows.forEach((row, at) => out.set(data.subarray(row * width, (row + 1) * width), at * width));
}

function addRows(sum: Float32Array, rows: Int32Array, values: Float32Array, width: number): void {
  rows.forEach((row, at) => {
    for (let i = 0; i < width; i++) sum[row * width + i] += values[at * width + i];
  });
}
