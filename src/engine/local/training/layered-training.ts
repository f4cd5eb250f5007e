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
import {
  endGraph,
  endTensors,
  inLayer,
  LAYER_INPUTS,
  layerBackwardGraph,
  layerForwardGraph,
  layerTensors,
} from './layer-graphs.ts';
import type { MicroBatch } from './micro-batch.ts';
import type { Target } from '../onnx/targets.ts';
import type { RowMemory } from './row-memory.ts';
import { flatTokens, type SequenceFeeds } from './sequence-feeds.ts';
import type { Feed } from '../memory/tensors.ts';
import type { ort } from '../runtime.ts';
import { type Feeds, type Fetches, float32, floats, int32, type Session } from '../session.ts';

/** What is needed of a micro-batch. */
export type Batch = Pick<MicroBatch, 'sequences' | 'time' | 'tree' | 'rows' | 'targets'>;

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

/** Where the graphs run. */
export interface LayeredDevice {
  target: Target;
  open(model: Uint8Array): Promise<Session>;
  rows(): RowMemory;
}

export interface LayeredTrainingOptions {
  device: LayeredDevice;
  /** Null: no adapter, all weights are trainable. */
  adapter: AdapterShape | null;
  feeds: SequenceFeeds;
  /** Maximum rows whose logits exist at once. */
  most: number;
}

export class LayeredTraining {
  #config: DecoderConfig;
  #device: LayeredDevice;
  #rows: RowMemory;
  #adapter: AdapterShape | null;
  #most: number;
  #feeds: SequenceFeeds;
  #sessions: Promise<Sessions> | null = null;

  constructor(config: DecoderConfig, options: LayeredTrainingOptions) {
    this.#config = config;
    this.#device = options.device;
    this.#rows = options.device.rows();
    this.#adapter = options.adapter;
    this.#most = options.most;
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
    const attention = this.#feeds.ofAttention(batch.sequences.length, batch.time, batch.tree);
    // The residual stream before each layer and after the last, followed by two gradients of it.
    const streams = await this.#rows.take('streams', layers + 3, [tokens.length, hidden]);
    await this.#rows.gather(found(weights, EMBEDDING), tokens, streams[0]);

    for (let layer = 0; layer < layers; layer++) {
      const feeds = { ...attention, [LAYER_INPUTS.x]: streams[layer] };
      this.#feedLayer(weights, layer, feeds);
      await forward.session.run(feeds, { [forward.graph.x]: streams[layer + 1] });
    }
    let [gradient, next] = streams.slice(layers + 1);
    const scores = await this.#end(end, weights, sums, batch, coefficients, streams[layers], gradient);
    for (let layer = layers - 1; layer >= 0; layer--) {
      const feeds: Feeds = { ...attention, [LAYER_INPUTS.x]: streams[layer], [LAYER_INPUTS.gradient]: gradient };
      const fetches: Fetches = { [backward.graph.gradient]: next };
      this.#feedLayer(weights, layer, feeds);
      feedSums(backward.graph.gradients, (name) => sums(inLayer(name, layer)), feeds, fetches);
      await backward.session.run(feeds, fetches);
      [gradient, next] = [next, gradient];
    }
    if (this.#adapter === null) await this.#rows.add(found(sums, EMBEDDING), tokens, gradient);
    return scores;
  }

  async close(): Promise<void> {
    if (this.#sessions !== null) {
      const { forward, backward, end } = await this.#sessions;
      for (const { session } of [forward, backward, end]) await session.release();
    }
    this.#sessions = null;
    await this.#rows.close();
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
    stream: ort.Tensor,
    gradient: ort.Tensor,
  ): Promise<BatchScores> {
    const { hidden } = this.#config;
    const scores = { logprobs: new Float32Array(rows.length), entropy: new Float32Array(rows.length) };
    const size = Math.ceil(rows.length / Math.ceil(rows.length / this.#most));
    const constant: Feeds = {};
    for (const { name } of endTensors(this.#config)) constant[name] = found(weights, name);
    await this.#rows.clear(gradient);
    for (let from = 0; from < rows.length; from += size) {
      const chunk = rows.subarray(from, from + size);
      const [x, back] = await this.#rows.take('chunk', 2, [chunk.length, hidden]);
      await this.#rows.gather(stream, chunk, x);
      const feeds = {
        ...constant,
        [LAYER_INPUTS.x]: x,
        [IN.targets]: int32(targets.subarray(from, from + size), [chunk.length]),
        [IN.coefficients]: float32(coefficients.subarray(from, from + size), [chunk.length, 1]),
      };
      const fetches: Fetches = { [graph.logprobs]: null, [graph.entropy]: null, [graph.gradient]: back };
      feedSums(graph.gradients, sums, feeds, fetches);
      const outputs = await session.run(feeds, fetches);
      scores.logprobs.set(floats(outputs[graph.logprobs]), from);
      scores.entropy.set(floats(outputs[graph.entropy]), from);
      await this.#rows.add(gradient, chunk, back);
    }
    return scores;
  }

  #feedLayer(weights: Feed, layer: number, feeds: Feeds): void {
    for (const { name } of layerTensors(this.#config, this.#adapter)) {
      feeds[name] = found(weights, inLayer(name, layer));
    }
  }

  async #open(): Promise<Sessions> {
    const open = async <Graph extends { model: Uint8Array }>(graph: Graph): Promise<Open<Graph>> => ({
      graph,
      session: await this.#device.open(graph.model),
    });
    const { target } = this.#device;
    return {
      forward: await open(layerForwardGraph(this.#config, this.#adapter, target)),
      backward: await open(layerBackwardGraph(this.#config, this.#adapter, target)),
      end: await open(endGraph(this.#config, this.#adapter, target)),
    };
  }
}

function found(tensors: Feed, name: string): ort.Tensor {
  const tensor = tensors(name);
  if (tensor === undefined) throw new Error(`the decoder has no parameter ${name}`);
  return tensor;
}
