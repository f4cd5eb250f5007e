/**
 * Runs whole sequences through the scoring and training graphs, in micro-batches. One runner serves all
 * weights of one architecture and adapter shape. Sequences are sorted by length to keep padding low; results
 * are in the caller's order. Next: `trainer.ts` adds the optimizer.
 */

import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Example } from '../../engine.ts';
import { SEQUENCE_INPUTS as IN } from './causal-attention.ts';
import type { Feed } from '../memory/tensors.ts';
import { feedSums } from './gradient-sums.ts';
import { chunkRows } from './head.ts';
import { type Batch, type BatchScores, type LayeredDevice, LayeredTraining } from './layered-training.ts';
import type { ort } from '../runtime.ts';
import { HostRows } from './row-memory.ts';
import { flatTokens, SequenceFeeds } from './sequence-feeds.ts';
import { type Fetches, float32, floats, int32, openSession, type Session } from '../session.ts';
import { sequenceGraph, type SequenceGraph } from './training-graph.ts';

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

/** Padded lengths are multiples of this: few distinct shapes keep the runtime's memory arena small. */
const LENGTH_BUCKET = 8;

export class SequenceRunner {
  readonly config: DecoderConfig;
  /** Null: no adapter, all weights are trainable. */
  readonly adapter: AdapterShape | null;
  #device: SequenceDevice;
  #microBatchTokens: number;
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
    this.#microBatchTokens = options.microBatchTokens;
    this.#recompute = options.recompute ?? (() => false);
    this.#feeds = new SequenceFeeds(config, adapter);
    this.#most = device.mostRows(config.vocabulary);
    this.#layered = new LayeredTraining(config, { device, adapter, feeds: this.#feeds, most: this.#most });
  }

  async score(weights: Feed, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#run(weights, examples, null, tick);
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
    for (const members of microBatches(examples, this.#microBatchTokens)) {
      const time = paddedLength(examples, members);
      const selection = selectTargets(examples, members, time);
      if (selection.rows.length > 0) {
        const sequences = members.map((member) => examples[member].input);
        const { logprobs, entropy } = await this.#runBatch(weights, { sequences, time, ...selection }, training);
        for (let p = 0; p < selection.rows.length; p++) {
          scores.logprobs[selection.example[p]][selection.position[p]] = logprobs[p];
          scores.entropySum += entropy[p];
        }
        scores.positions += selection.rows.length;
      }
      done += members.length;
      tick(done, members.length * time);
    }
    return scores;
  }

  async #runBatch(weights: Feed, batch: Batch & Selection, training: Training | null): Promise<BatchScores> {
    const { sequences, time, rows, targets } = batch;
    const given = training === null ? null : gatherSelected(training.coefficients, batch);
    if (training !== null && given !== null && this.#recompute(sequences.length, time)) {
      return this.#layered.run(weights, training.sums, batch, given);
    }
    const { graph, session } = await this.#open(training === null ? 'scoring' : 'training', rows.length);
    const feeds = this.#feeds.of(weights, sequences, time, rows);
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

  #open(purpose: 'scoring' | 'training', rows: number): Promise<Opened> {
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

interface Selection {
  /** Flat rows (batch × time) with a target, `[P]`. */
  rows: Int32Array;
  targets: Int32Array;
  /** Example and position of each row. */
  example: Int32Array;
  position: Int32Array;
}

/** Groups examples of similar length, each group within the token budget including padding. */
function microBatches(examples: readonly Example[], budget: number): number[][] {
  const order = Array.from(examples.keys()).toSorted(
    (a, b) => examples[b].input.length - examples[a].input.length || a - b,
  );
  const batches: number[][] = [];
  let current: number[] = [];
  let time = 0;
  for (const member of order) {
    if (current.length > 0 && (current.length + 1) * time > budget) {
      batches.push(current);
      current = [];
    }
    if (current.length === 0) time = paddedTime(examples[member].input.length);
    current.push(member);
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function paddedLength(examples: readonly Example[], members: readonly number[]): number {
  return paddedTime(Math.max(...members.map((member) => examples[member].input.length)));
}

/** Returns the padded length of a sequence. */
export function paddedTime(length: number): number {
  return Math.ceil(length / LENGTH_BUCKET) * LENGTH_BUCKET;
}

function selectTargets(examples: readonly Example[], members: readonly number[], time: number): Selection {
  const rows: number[] = [];
  const targets: number[] = [];
  const example: number[] = [];
  const position: number[] = [];
  members.forEach((member, row) => {
    const { mask, target } = examples[member];
    for (let t = 0; t < mask.length; t++) {
      if (mask[t] === 0) continue;
      rows.push(row * time + t);
      targets.push(target[t]);
      example.push(member);
      position.push(t);
    }
  });
  return {
    rows: Int32Array.from(rows),
    targets: Int32Array.from(targets),
    example: Int32Array.from(example),
    position: Int32Array.from(position),
  };
}

function gatherSelected(values: readonly Float32Array[], selection: Selection): Float32Array {
  return Float32Array.from(selection.example, (member, p) => values[member][selection.position[p]]);
}
