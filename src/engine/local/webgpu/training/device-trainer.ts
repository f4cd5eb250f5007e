/**
 * A policy in training on the device: weights, gradient and moments stay there. Only tokens, coefficients,
 * log-probabilities and the norm of the gradient travel. The counterpart on the processor is `training/trainer.ts`.
 */

import { trainableTensors } from '../../../../models/adapters/adapter.ts';
import type { Example, OptimizerOptions } from '../../../engine.ts';
import type { Training } from '../../backend.ts';
import type { Tensors } from '../../memory/tensors.ts';
import type { ort } from '../../runtime.ts';
import type { TrainerStart } from '../../state-folder.ts';
import { clipScale, refuseMuonOverAdapter, requireFinite } from '../../training/step-rules.ts';
import type { SequenceRunner, SequenceScores, Tick } from '../../training/sequence-runner.ts';
import type { OptimizerState } from '../../training/trainer.ts';
import type { DeviceMemory } from '../device-memory.ts';
import { DeviceTensors } from '../device-tensors.ts';
import { type AdamTensors, DeviceOptimizer, type MuonTensors } from './optimizer.ts';

export class DeviceTrainer implements Training {
  version: number;
  updates: number;
  #runner: SequenceRunner;
  #weights: Tensors;
  #memory: DeviceMemory;
  #optimizer: DeviceOptimizer;
  /** Accumulated since the last step, by parameter. */
  #gradients: DeviceTensors;
  /** `first.NAME`, `second.NAME` and `momentum.NAME`; made when they are first needed. */
  #moments: Map<string, ort.Tensor>;

  private constructor(
    given: { runner: SequenceRunner; weights: Tensors; memory: DeviceMemory; start: TrainerStart },
    gradients: DeviceTensors,
    moments: DeviceTensors,
  ) {
    this.#runner = given.runner;
    this.#weights = given.weights;
    this.#memory = given.memory;
    this.version = given.start.version;
    this.updates = given.start.updates;
    this.#optimizer = new DeviceOptimizer(given.memory);
    this.#gradients = gradients;
    this.#moments = new Map(moments.tensors);
  }

  /** Allocates the gradient, and uploads saved moments. */
  static async open(
    runner: SequenceRunner,
    weights: Tensors,
    memory: DeviceMemory,
    start: TrainerStart,
  ): Promise<DeviceTrainer> {
    const shapes = new Map(trainableTensors(runner.config, runner.adapter).map(({ name, shape }) => [name, shape]));
    const gradients = await DeviceTensors.each(memory, shapes, (shape) => memory.zeros(shape));
    try {
      const moments = await DeviceTensors.upload(memory, start.optimizer);
      return new DeviceTrainer({ runner, weights, memory, start }, gradients, moments);
    } catch (error) {
      gradients.free();
      throw error;
    }
  }

  score(examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#runner.score(this.#weights.feed, examples, tick);
  }

  backward(examples: readonly Example[], coefficients: readonly Float32Array[], tick: Tick): Promise<SequenceScores> {
    return this.#runner.backward(this.#weights.feed, examples, coefficients, this.#gradients.feed, tick);
  }

  /** Returns the gradient accumulated so far, by trainable tensor, in this process. */
  async gradients(): Promise<Map<string, Float32Array>> {
    return new Map(Array.from(await this.#gradients.read(), ([name, { data }]) => [name, data]));
  }

  async step(options: OptimizerOptions): Promise<{ gradNorm: number }> {
    refuseMuonOverAdapter(options, this.#runner.adapter);
    const gradNorm = await this.#optimizer.norm([...this.#gradients.tensors.values()]);
    await requireFinite(gradNorm, () => this.discard());
    const scale = clipScale(options.clip, gradNorm);
    this.updates++;
    const names = [...this.#gradients.tensors.keys()];
    const byMuon = names.filter((name) => options.muon !== undefined && this.#isInnerMatrix(name));
    const byAdam = names.filter((name) => !byMuon.includes(name));
    const adam = await inOrder(byAdam, (name) => this.#ofAdam(name));
    const muon = await inOrder(byMuon, (name) => this.#ofMuon(name));
    await this.#optimizer.adamw(adam, options, this.updates, scale);
    await this.#optimizer.muon(muon, options, scale);
    this.version++;
    return { gradNorm };
  }

  async discard(): Promise<void> {
    for (const gradient of this.#gradients.tensors.values()) await this.#memory.clear(gradient);
  }

  moments(): Promise<OptimizerState> {
    return new DeviceTensors(this.#memory, this.#moments).read();
  }

  async close(): Promise<void> {
    this.#gradients.free();
    for (const moment of this.#moments.values()) moment.dispose();
    await this.#optimizer.close();
  }

  #isInnerMatrix(name: string): boolean {
    return name.startsWith('model.layers.') && this.#gradients.tensors.get(name)?.dims.length === 2;
  }

  async #ofAdam(name: string): Promise<AdamTensors> {
    const own = this.#own(name);
    const first = await this.#moment(`first.${name}`, own.weights.dims);
    return { ...own, first, second: await this.#moment(`second.${name}`, own.weights.dims) };
  }

  async #ofMuon(name: string): Promise<MuonTensors> {
    const own = this.#own(name);
    return { ...own, momentum: await this.#moment(`momentum.${name}`, own.weights.dims) };
  }

  #own(name: string): { weights: ort.Tensor; gradient: ort.Tensor } {
    return { weights: found(this.#weights.feed(name), name), gradient: found(this.#gradients.feed(name), name) };
  }

  async #moment(key: string, shape: readonly number[]): Promise<ort.Tensor> {
    const known = this.#moments.get(key);
    if (known !== undefined) return known;
    const made = await this.#memory.zeros(shape);
    this.#moments.set(key, made);
    return made;
  }
}

async function inOrder<T>(names: readonly string[], make: (name: string) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (const name of names) all.push(await make(name));
  return all;
}

function found(tensor: ort.Tensor | undefined, name: string): ort.Tensor {
  if (tensor !== undefined) return tensor;
  throw new Error(`${name} is not on the device`);
}
