/** A model of the service in memory: gradients, AdamW and losses over the tables of the scripted engine. */

import type { AdamParams, ForwardBackwardOutput, LoraConfig, WireDatum } from '../../../src/wire/messages.ts';
import { ServiceError } from '../../../src/engine/tinker/service.ts';
import { ADAPTER_TARGETS } from '../../../src/types.ts';
import type { OptimizerOptions } from '../../../src/engine/engine.ts';
import type { Weights } from '../../../src/models/decoder-config.ts';
import type { Moments } from '../scripted/files.ts';
import { backward, copyModel, forward, type TableGradient, type TableModel, zeroGradient } from '../scripted/model.ts';
import { adam, freshMoments } from '../scripted/policy.ts';
import { factorsOver, newFactors, type Trainable, wholeTables } from '../scripted/trainable.ts';
import type { Quirks } from './quirks.ts';

/** A sequence with dL/dlogprob, before it is reduced. */
interface Waiting {
  input: Int32Array;
  target: Int32Array;
  coefficients: Float32Array;
  /** Sum of the weights. */
  weight: number;
}

/** Trained values. */
export interface Saved {
  weights: Weights;
  moments: Moments;
}

export class MemoryModel {
  readonly lora: LoraConfig;
  readonly trained: Trainable;
  waiting: Waiting[] = [];
  moments: Moments;
  /** The session that was sampled last, whose weights are in the model's place. */
  sampled = '';
  #first: AdamParams | null = null;
  #passes = 0;
  readonly #quirks: Quirks;

  constructor(base: TableModel, lora: LoraConfig, quirks: Quirks) {
    this.lora = lora;
    this.#quirks = quirks;
    const alpha = quirks.fixedAlpha ? 32 : (lora.lora_alpha ?? 32);
    const shape = { rank: lora.rank, alpha, targets: ADAPTER_TARGETS };
    const tables = copyModel(base);
    this.trained =
      lora.rank === 0 ? wholeTables(tables) : factorsOver(tables, newFactors(base.vocabulary, shape, lora.seed ?? 0));
    this.moments = freshMoments(this.trained.tensors);
  }

  pass(
    data: readonly WireDatum[],
    loss: string,
    config: Readonly<Record<string, number>>,
    only: boolean,
  ): ForwardBackwardOutput {
    const logprobs = data.map((datum) => {
      const { input, target } = sequenceOf(datum);
      const mask = new Uint8Array(target.length).fill(1);
      const found = forward(this.trained.model, { input, target, mask }).logprobs;
      const noise = this.#quirks.dropout * Math.sin(++this.#passes);
      const noisy = found.map((value) => value + noise);
      if (!only) this.waiting.push(waitingOf(datum, loss, config, found));
      return noisy;
    });
    return { outputType: 'ArrayRecord', logprobs, metrics: { 'loss:sum': 0 } };
  }

  /** Returns the norm of the gradient before clipping. */
  step(params: AdamParams): number {
    const gradient = zeroGradient(this.trained.model);
    for (const one of this.waiting) this.#add(one, gradient);
    this.waiting = [];
    const gradients = this.trained.gradients(gradient);
    const norm = Math.sqrt([...gradients.values()].flatMap((one) => [...one]).reduce((sum, x) => sum + x * x, 0));
    this.#first ??= params;
    const used = this.#optionsOf(
      this.#quirks.settingsFixed ? { ...this.#first, learning_rate: params.learning_rate } : params,
    );
    const scale = used.clip > 0 && norm > used.clip ? used.clip / norm : 1;
    this.moments.updates++;
    for (const [name, slopes] of gradients) {
      const [weights, first, second] = [this.trained.tensors, this.moments.first, this.moments.second].map(
        (of) => of.get(name)?.data ?? new Float32Array(0),
      );
      adam(weights, first, second, slopes, scale, this.moments.updates, used);
    }
    // A gradient that overflows is NaN in the arithmetic of real services.
    if (!Number.isFinite(Math.fround(norm)))
      for (const { data } of this.trained.tensors.values()) data.fill(Number.NaN);
    this.trained.refresh();
    return norm;
  }

  save(): Saved {
    return { weights: copied(this.trained.tensors), moments: structuredClone(this.moments) };
  }

  load({ weights, moments }: Saved, optimizer: boolean): void {
    for (const [name, { data }] of weights) this.trained.tensors.get(name)?.data.set(data);
    this.trained.refresh();
    const restored = optimizer && !this.#quirks.freshOptimizer;
    this.moments = restored ? structuredClone(moments) : freshMoments(this.trained.tensors);
  }

  #add({ input, target, coefficients, weight }: Waiting, gradient: TableGradient): void {
    const scale = this.#quirks.means ? 1 / (Math.max(weight, 1e-9) * this.waiting.length) : 1;
    const mask = new Uint8Array(target.length).fill(1);
    backward(
      this.trained.model,
      { input, target, mask },
      coefficients.map((value) => value * scale),
      gradient,
    );
  }

  #optionsOf(params: AdamParams): OptimizerOptions {
    const { ignores } = this.#quirks;
    const own = (name: (typeof ignores)[number]): boolean => ignores.includes(name);
    return {
      learningRate: params.learning_rate,
      beta1: own('betas') ? 0.9 : params.beta1,
      beta2: own('betas') ? 0.999 : params.beta2,
      epsilon: own('epsilon') ? 1e-8 : params.eps,
      weightDecay: own('weightDecay') ? 0 : params.weight_decay,
      clip: own('clip') ? 0 : params.grad_clip_norm,
    };
  }
}

function copied(weights: Weights): Weights {
  return new Map(Array.from(weights, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}

function sequenceOf(datum: WireDatum): { input: Int32Array; target: Int32Array } {
  const target = datum.inputs.target_tokens;
  if (target?.dtype !== 'int64') throw new ServiceError('refused', 'target_tokens are missing');
  return { input: datum.tokens, target: target.data };
}

function waitingOf(
  datum: WireDatum,
  loss: string,
  config: Readonly<Record<string, number>>,
  logprobs: Float32Array,
): Waiting {
  const { input, target } = sequenceOf(datum);
  const read = (name: string, absent: number): Float32Array => {
    const tensor = datum.inputs[name];
    return tensor?.dtype === 'float32' ? tensor.data : new Float32Array(target.length).fill(absent);
  };
  const weights = read('weights', 1);
  const weight = weights.reduce((sum, value) => sum + value, 0);
  if (loss === 'cross_entropy') return { input, target, weight, coefficients: weights.map((value) => -value) };
  const [old, advantages] = [read('logprobs', 0), read('advantages', 0)];
  const { clip_low_threshold: low = 0.8, clip_high_threshold: high = 1.2 } = config;
  const coefficients = logprobs.map((value, at) => {
    const ratio = Math.exp(value - old[at]);
    const advantage = advantages[at] * weights[at];
    if (loss === 'importance_sampling') return -ratio * advantage;
    if (loss === 'cispo') return -Math.min(Math.max(ratio, low), high) * advantage;
    if (loss !== 'ppo') throw new ServiceError('refused', `unknown loss ${loss}`);
    const held = (advantage > 0 && ratio > high) || (advantage < 0 && ratio < low);
    return held ? 0 : -ratio * advantage;
  });
  return { input, target, weight, coefficients };
}
