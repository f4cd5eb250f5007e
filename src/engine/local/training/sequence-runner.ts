/**
 * Runs whole sequences through the scoring and training graphs, in micro-batches. One runner serves all
 * weights of one architecture and adapter shape. `plan-batches.ts` decides what one call computes; results are in the
 * caller's order. Next: `trainer.ts` adds the optimizer.
 */

import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Example, TokenMeasures } from '../../engine.ts';
import { SEQUENCE_INPUTS as IN } from './causal-attention.ts';
import type { Feed } from '../memory/tensors.ts';
import { feedSums } from './gradient-sums.ts';
import { chunkRows } from './head.ts';
import { type BatchScores, type LayeredDevice, LayeredTraining } from './layered-training.ts';
import { type MicroBatch, paddedBatches } from './micro-batch.ts';
import { planBatches } from './plan-batches.ts';
import type { ort } from '../runtime.ts';
import { HostRows } from './row-memory.ts';
import { flatTokens, SequenceFeeds } from './sequence-feeds.ts';
import { type Fetches, float32, floats, int32, openSession, type Session } from '../session.ts';
import { sequenceGraph, type SequenceGraph, type SequencePurpose } from './training-graph.ts';

export interface SequenceScores {
  /** Per example, length N, 0 where masked. */
  logprobs: Float32Array[];
  /** Sum over unmasked positions, in nats. */
  entropySum: number;
  positions: number;
}

/** Called after every micro-batch; may throw to abort. */
export type Tick = (examplesDone: number, tokens: number) => void;

/** Decides whether a training micro-batch of `count` sequences of `time` tokens recomputes activations. */
export type Recompute = (count: number, time: number) => boolean;

export interface SequenceRunnerOptions {
  microBatchTokens: number;
  /** Default: never. */
  recompute?: Recompute;
  /** Whether a prompt runs once for all sequences that begin with it, where that saves enough. Default: true. */
  sharePrompts?: boolean;
}

/** Where the graphs run. */
export interface SequenceDevice extends LayeredDevice {
  /** Maximum rows whose logits exist at once. */
  mostRows(vocabulary: number): number;
}

/** The processor. */
export function onHost(threads: number): SequenceDevice {
  return {
    target: 'cpu',
    open: (model) => openSession(model, threads, [], { memoryPattern: false }),
    mostRows: chunkRows,
    rows: () => new HostRows(),
  };
}

interface Training {
  coefficients: readonly Float32Array[];
  sums: Feed;
}

interface Opened {
  graph: SequenceGraph;
  session: Session;
}

export class SequenceRunner {
  readonly config: DecoderConfig;
  /** Null: no adapter, all weights are trainable. */
  readonly adapter: AdapterShape | null;
  #device: SequenceDevice;
  #plan: (examples: readonly Example[]) => MicroBatch[];
  #opened = new Map<string, Promise<Opened>>();
  #recompute: Recompute;
  #feeds: SequenceFeeds;
  #layered: LayeredTraining;
  #most: number;

  constructor(
    config: DecoderConfig,
    device: SequenceDevice,
    options: SequenceRunnerOptions,
    adapter: AdapterShape | null = null,
  ) {
    this.config = config;
    this.adapter = adapter;
    this.#device = device;
    const { microBatchTokens, sharePrompts = true } = options;
    this.#plan = (examples) =>
      sharePrompts ? planBatches(config, examples, microBatchTokens) : paddedBatches(examples, microBatchTokens);
    this.#recompute = options.recompute ?? (() => false);
    this.#feeds = new SequenceFeeds(config, adapter);
    this.#most = device.mostRows(config.vocabulary);
    this.#layered = new LayeredTraining(config, { device, adapter, feeds: this.#feeds, most: this.#most });
  }

  async score(weights: Feed, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#run(weights, examples, null, tick);
  }

  /** Returns the distributions at the targets. */
  async measure(weights: Feed, examples: readonly Example[], tick: Tick): Promise<TokenMeasures[]> {
    const measures = examples.map(({ input: { length } }) => ({
      logprobs: new Float32Array(length),
      entropy: new Float32Array(length),
      certainty: new Float32Array(length),
    }));
    const uniform = -Math.log(this.config.vocabulary);
    let done = 0;
    for (const batch of this.#plan(examples)) {
      const { rows, example, position } = batch;
      const found = rows.length === 0 ? null : await this.#measureBatch(weights, batch);
      for (let p = 0; found !== null && p < rows.length; p++) {
        const [to, at] = [measures[example[p]], position[p]];
        to.logprobs[at] = found.logprobs[p];
        to.entropy[at] = found.entropy[p];
        // Rounding may take the divergence of a uniform distribution below 0.
        to.certainty[at] = Math.max(0, uniform - found.means[p]);
      }
      done += batch.examples;
      tick(done, batch.sequences.length * batch.time);
    }
    return measures;
  }

  /**
   * Adds the gradient of every trainable tensor to `sums`, in place. If it throws, they contain a partial
   * sum.
   *
   * @param coefficients dL/dlogprob per example, length N
   */
  async backward(
    weights: Feed,
    examples: readonly Example[],
    coefficients: readonly Float32Array[],
    sums: Feed,
    tick: Tick,
  ): Promise<SequenceScores> {
    return this.#run(weights, examples, { coefficients, sums }, tick);
  }

  async close(): Promise<void> {
    for (const opened of this.#opened.values()) await (await opened).session.release();
    this.#opened.clear();
    await this.#layered.close();
  }

  async #run(
    weights: Feed,
    examples: readonly Example[],
    training: Training | null,
    tick: Tick,
  ): Promise<SequenceScores> {
    const scores: SequenceScores = {
      logprobs: examples.map((example) => new Float32Array(example.input.length)),
      entropySum: 0,
      positions: 0,
    };
    let done = 0;
    for (const batch of this.#plan(examples)) {
      const { rows, example, position } = batch;
      if (rows.length > 0) {
        const { logprobs, entropy } = await this.#runBatch(weights, batch, training);
        for (let p = 0; p < rows.length; p++) {
          scores.logprobs[example[p]][position[p]] = logprobs[p];
          scores.entropySum += entropy[p];
        }
        scores.positions += rows.length;
      }
      done += batch.examples;
      tick(done, batch.sequences.length * batch.time);
    }
    return scores;
  }

  async #runBatch(weights: Feed, batch: MicroBatch, training: Training | null): Promise<BatchScores> {
    const { sequences, time, tree, rows, targets } = batch;
    const given = training === null ? null : gatherSelected(training.coefficients, batch);
    if (training !== null && given !== null && this.#recompute(sequences.length, time)) {
      return this.#layered.run(weights, training.sums, batch, given);
    }
    const { graph, session } = await this.#open(training === null ? 'scoring' : 'training', rows.length);
    const feeds = this.#feeds.of(weights, sequences, time, rows, tree);
    feeds[IN.targets] = int32(targets, [targets.length]);
    const fetches: Fetches = { [graph.logprobs]: null, [graph.entropy]: null };
    if (training !== null && given !== null) {
      feeds[IN.coefficients] = float32(given, [given.length, 1]);
      feedSums(graph.gradients, training.sums, feeds, fetches);
      if (graph.distinct !== null) feeds[graph.distinct] = distinctTokens(sequences, time);
    }
    const outputs = await session.run(feeds, fetches);
    return { logprobs: floats(outputs[graph.logprobs]), entropy: floats(outputs[graph.entropy]) };
  }

  async #measureBatch(
    weights: Feed,
    { sequences, time, tree, rows, targets }: MicroBatch,
  ): Promise<BatchScores & { means: Float32Array }> {
    const { graph, session } = await this.#open('measuring', rows.length);
    const feeds = this.#feeds.of(weights, sequences, time, rows, tree);
    feeds[IN.targets] = int32(targets, [targets.length]);
    const fetched = [graph.logprobs, graph.entropy, ...graph.measures];
    const outputs = await session.run(feeds, Object.fromEntries(fetched.map((name) => [name, null])));
    const [logprobs, entropy, means] = fetched.map((name) => floats(outputs[name]));
    return { logprobs, entropy, means };
  }

  #open(purpose: SequencePurpose, rows: number): Promise<Opened> {
    const { target } = this.#device;
    // A loop inside a graph would move its values to the processor, so the chunks of other devices are counted.
    const chunks = target === 'cpu' ? { most: this.#most } : { count: Math.ceil(rows / this.#most) };
    const key = JSON.stringify({ purpose, chunks });
    let opened = this.#opened.get(key);
    if (opened === undefined) {
      const graph = sequenceGraph(this.config, purpose, this.adapter, { target, chunks });
      opened = this.#device.open(graph.model).then((session) => ({ graph, session }));
      this.#opened.set(key, opened);
    }
    return opened;
  }
}

function distinctTokens(sequences: readonly Int32Array[], time: number): ort.Tensor {
  const distinct = Int32Array.from(new Set(flatTokens(sequences, time)));
  return int32(distinct, [distinct.length]);
}

function gatherSelected(values: readonly Float32Array[], batch: MicroBatch): Float32Array {
  return Float32Array.from(batch.example, (member, p) => values[member][batch.position[p]]);
}
