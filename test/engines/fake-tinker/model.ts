/**
 * The fake's model: one logit per class of tokens (id modulo 64), whatever the context. It costs nothing, and yet its
 * losses, gradients and optimizer are those of a real model, so a client may measure them.
 */

import type { AdamParams, WireDatum } from '../../../src/wire/messages.ts';
import { Random, deriveSeed } from '../../../src/random.ts';

export const CLASSES = 64;

/** Weights and optimizer moments; a plain value that is copied as a whole. */
export interface FakeState {
  logits: Float64Array;
  first: Float64Array;
  second: Float64Array;
  steps: number;
}

/** Returns the untrained weights. */
export function baseState(seed: number): FakeState {
  const random = new Random(deriveSeed(seed, 'base'));
  const zeros = (): Float64Array => new Float64Array(CLASSES);
  return { logits: zeros().map(() => random.normal() / 2), first: zeros(), second: zeros(), steps: 0 };
}

/** Copies a state; without the optimizer if `fresh`. */
export function copyState({ logits, first, second, steps }: FakeState, fresh = false): FakeState {
  if (fresh) {
    return { logits: logits.slice(), first: new Float64Array(CLASSES), second: new Float64Array(CLASSES), steps: 0 };
  }
  return { logits: logits.slice(), first: first.slice(), second: second.slice(), steps };
}

/** Number of tokens of a class. */
export function classSize(vocabulary: number, index: number): number {
  return Math.floor((vocabulary - index + CLASSES - 1) / CLASSES);
}

/** Returns the log-probability of one token of each class. */
export function tokenLogprobs({ logits }: FakeState, vocabulary: number): Float64Array {
  let total = 0;
  for (let i = 0; i < CLASSES; i++) total += classSize(vocabulary, i) * Math.exp(logits[i]);
  return logits.map((logit) => logit - Math.log(total));
}

/** A model that is trained. */
export class FakeModel {
  state: FakeState;
  #vocabulary: number;
  #gradient = new Float64Array(CLASSES);

  constructor(state: FakeState, vocabulary: number) {
    this.state = state;
    this.#vocabulary = vocabulary;
  }

  /** Adds a batch's gradient, and returns log-probabilities and the loss. Throws for losses and values that it refuses. */
  pass(
    data: readonly WireDatum[],
    loss: string,
    config: Readonly<Record<string, number | string>>,
    forwardOnly: boolean,
  ): { logprobs: Float32Array[]; loss: number } {
    const table = tokenLogprobs(this.state, this.#vocabulary);
    const gradient = new Float64Array(CLASSES);
    let total = 0;
    let sum = 0;
    const logprobs = data.map(({ tokens, inputs }) => {
      const targets = inputs.target_tokens?.data;
      if (targets?.length !== tokens.length) throw new Error('target_tokens must have one entry per token');
      const out = Float32Array.from(targets, (token) => table[token % CLASSES]);
      const term = lossOf(loss, config, out, (name) => {
        const values = inputs[name]?.data;
        if (values !== undefined && values.length !== tokens.length) throw new Error(`${name} has another length`);
        return values;
      });
      for (let i = 0; i < out.length; i++) {
        gradient[targets[i] % CLASSES] += term.slopes[i];
        total += term.slopes[i];
      }
      sum += term.loss;
      return out;
    });
    if (!Number.isFinite(total)) throw new Error('the gradient is not finite');
    if (!forwardOnly) {
      for (let i = 0; i < CLASSES; i++) {
        const probability = classSize(this.#vocabulary, i) * Math.exp(table[i]);
        this.#gradient[i] += gradient[i] - total * probability;
      }
    }
    return { logprobs, loss: sum };
  }

  /** Applies AdamW with the gathered gradient; returns its norm. */
  step(params: AdamParams): number {
    const norm = Math.hypot(...this.#gradient);
    const scale = params.grad_clip_norm > 0 && norm > params.grad_clip_norm ? params.grad_clip_norm / norm : 1;
    const { logits, first, second } = this.state;
    const step = ++this.state.steps;
    for (let i = 0; i < CLASSES; i++) {
      const slope = this.#gradient[i] * scale;
      first[i] = params.beta1 * first[i] + (1 - params.beta1) * slope;
      second[i] = params.beta2 * second[i] + (1 - params.beta2) * slope * slope;
      const mean = first[i] / (1 - params.beta1 ** step);
      const spread = Math.sqrt(second[i] / (1 - params.beta2 ** step));
      logits[i] -= params.learning_rate * (mean / (spread + params.eps) + params.weight_decay * logits[i]);
    }
    this.#gradient.fill(0);
    return norm;
  }
}

/** The loss of a sequence, summed, and its slope in every log-probability. */
function lossOf(
  loss: string,
  config: Readonly<Record<string, number | string>>,
  logprobs: Float32Array,
  input: (name: string) => ArrayLike<number> | undefined,
): { loss: number; slopes: Float64Array } {
  const slopes = new Float64Array(logprobs.length);
  const weights = input('weights');
  let sum = 0;
  if (loss === 'cross_entropy') {
    for (let i = 0; i < logprobs.length; i++) {
      const weight = weights?.[i] ?? 1;
      slopes[i] = -weight;
      sum -= weight * logprobs[i];
    }
    return { loss: sum, slopes };
  }
  const term = TERMS[loss];
  if (term === undefined) throw new Error(`the loss ${loss} is unknown`);
  const [old, advantages] = [input('logprobs'), input('advantages')];
  if (old === undefined || advantages === undefined) throw new Error(`${loss} needs logprobs and advantages`);
  const low = Number(config.clip_low_threshold ?? 0.8);
  const high = Number(config.clip_high_threshold ?? 1.2);
  for (let i = 0; i < logprobs.length; i++) {
    const ratio = Math.exp(logprobs[i] - old[i]);
    const [value, slope] = term(ratio, advantages[i], { logprob: logprobs[i], low, high });
    sum += value * (weights?.[i] ?? 1);
    slopes[i] = slope * (weights?.[i] ?? 1);
  }
  return { loss: sum, slopes };
}

interface TermParts {
  logprob: number;
  low: number;
  high: number;
}

const TERMS: Readonly<Record<string, (ratio: number, advantage: number, parts: TermParts) => [number, number]>> = {
  importance_sampling: (ratio, advantage) => [-ratio * advantage, -ratio * advantage],
  ppo: (ratio, advantage, { low, high }) => {
    const clipped = Math.min(Math.max(ratio, low), high);
    const active = ratio * advantage <= clipped * advantage;
    return [-Math.min(ratio * advantage, clipped * advantage), active ? -ratio * advantage : 0];
  },
  cispo: (ratio, advantage, { logprob, low, high }) => {
    const clipped = Math.min(Math.max(ratio, low), high);
    return [-clipped * logprob * advantage, -clipped * advantage];
  },
};
