/**
 * One trainable policy: weights, accumulated gradient, optimizer moments. Gradients accumulate until `step`.
 * For an adapter, only its factors are trained; the base's tensors are read-only and may be shared. Forward
 * and backward passes are in `sequence-runner.ts`.
 */

import { EngineError } from '../../../errors.ts';
import { trainableTensors } from '../../../models/adapters/adapter.ts';
import type { Tensor, Weights } from '../../../models/decoder-config.ts';
import type { Example, OptimizerOptions } from '../../engine.ts';
import type { Training } from '../backend.ts';
import { type Feed, feedOf } from '../memory/tensors.ts';
import { float32 } from '../session.ts';
import { adamwUpdate, globalNorm, type Moments } from './adamw.ts';
import { Muon, type MuonMatrix } from './muon.ts';
import { clipScale, refuseMuonOverAdapter, requireFinite } from './step-rules.ts';
import type { SequenceRunner, SequenceScores, Tick } from './sequence-runner.ts';

/**
 * Optimizer state: `first.NAME`, `second.NAME` (AdamW) and `momentum.NAME` (Muon), each with the shape of its
 * parameter.
 */
export type OptimizerState = Map<string, Tensor>;

export class Trainer implements Training {
  readonly weights: Weights;
  readonly runner: SequenceRunner;
  /** Optimizer steps since the base. */
  version: number;
  /** Optimizer steps since the moments were reset. */
  updates: number;
  readonly optimizer: OptimizerState;
  /** Accumulated since the last step, by parameter. */
  #gradients: Map<string, Float32Array>;
  #muon: Muon;

  constructor(
    runner: SequenceRunner,
    weights: Weights,
    start: { version: number; updates: number; optimizer: OptimizerState },
    threads: number,
  ) {
    this.runner = runner;
    this.weights = weights;
    this.version = start.version;
    this.updates = start.updates;
    this.optimizer = start.optimizer;
    this.#gradients = new Map(
      trainableTensors(runner.config, runner.adapter).map(({ name }) => [
        name,
        new Float32Array(this.#tensor(name).data.length),
      ]),
    );
    this.#muon = new Muon(threads);
  }

  score(examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.runner.score(feedOf(this.weights), examples, tick);
  }

  backward(examples: readonly Example[], coefficients: readonly Float32Array[], tick: Tick): Promise<SequenceScores> {
    const sums: Feed = (name) => float32(this.#gradient(name), this.#tensor(name).shape);
    return this.runner.backward(feedOf(this.weights), examples, coefficients, sums, tick);
  }

  /** Returns the gradient accumulated so far, by trainable tensor. */
  gradients(): ReadonlyMap<string, Float32Array> {
    return this.#gradients;
  }

  async step(options: OptimizerOptions): Promise<{ gradNorm: number }> {
    refuseMuonOverAdapter(options, this.runner.adapter);
    const gradNorm = globalNorm([...this.#gradients.values()]);
    await requireFinite(gradNorm, () => this.discard());
    const scale = clipScale(options.clip, gradNorm);
    this.updates++;
    await this.#update(options, scale);
    this.version++;
    this.#clear();
    return { gradNorm };
  }

  discard(): Promise<void> {
    this.#clear();
    return Promise.resolve();
  }

  moments(): Promise<OptimizerState> {
    return Promise.resolve(this.optimizer);
  }

  async close(): Promise<void> {
    await this.#muon.close();
  }

  #clear(): void {
    for (const gradient of this.#gradients.values()) gradient.fill(0);
  }

  async #update(options: OptimizerOptions, scale: number): Promise<void> {
    const matrices = new Map<string, { shape: number[]; members: MuonMatrix[] }>();
    this.#gradients.forEach((gradient, name) => {
      const { data, shape } = this.#tensor(name);
      if (options.muon !== undefined && shape.length === 2 && name.startsWith('model.layers.')) {
        const group = matrices.get(String(shape)) ?? { shape, members: [] };
        group.members.push({ weights: data, gradient, momentum: this.#memory('momentum', name) });
        matrices.set(String(shape), group);
        return;
      }
      const moments: Moments = { first: this.#memory('first', name), second: this.#memory('second', name) };
      adamwUpdate(data, gradient, moments, { ...options, step: this.updates, scale });
    });
    if (options.muon === undefined) return;
    const muon = { ...options.muon, weightDecay: options.weightDecay };
    for (const { shape, members } of matrices.values()) await this.#muon.update(members, shape, muon, scale);
  }

  #memory(kind: string, name: string): Float32Array {
    const key = `${kind}.${name}`;
    let tensor = this.optimizer.get(key);
    if (tensor === undefined) {
      const { data, shape } = this.#tensor(name);
      tensor = { shape: [...shape], data: new Float32Array(data.length) };
      this.optimizer.set(key, tensor);
    }
    return tensor.data;
  }

  #gradient(name: string): Float32Array {
    const gradient = this.#gradients.get(name);
    if (gradient === undefined) throw new Error(`${name} is not trained`);
    return gradient;
  }

  #tensor(name: string): Tensor {
    const tensor = this.weights.get(name);
    if (tensor === undefined)
      throw new EngineError('user', `The checkpoint has no ${name}.`, 'Check it with `rzero doctor --model FOLDER`.');
    return tensor;
  }
}
