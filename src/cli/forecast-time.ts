/**
 * Forecasts the seconds of sampling and training on this machine. Pure. The constants are measured with `bench:engine`
 * and `bench:time`; `bench:forecast` holds the result against a run. `forecast.ts` counts the work.
 */

import type { Speed } from '../engine/kind.ts';
import { type DecoderConfig, parameterCount } from '../models/decoder-config.ts';

/** Sampling calls of the same size. */
export interface SamplingWork {
  calls: number;
  /** Completions per call, and the different prompts that they begin with. */
  completions: number;
  prompts: number;
  /** Tokens of a prompt. */
  promptTokens: number;
  /** Mean and longest completion, in tokens. */
  mean: number;
  limit: number;
}

/** Training steps of the same size. */
export interface TrainingWork {
  steps: number;
  /** Trained sequences per step. */
  sequences: number;
  promptTokens: number;
  /** Mean tokens of a completion. */
  mean: number;
  /** Forward passes without a backward pass: of the reference, and of the policy before several updates. */
  scorings: number;
  /** Optimizer updates per step. */
  updates: number;
}

/** A model, as far as it determines the time. */
export interface TimedModel {
  decoder: DecoderConfig;
  /** Trained parameters: all, or those of an adapter over a frozen base. */
  trained: number;
}

/** Share of the measured product rates that complete steps reach. */
const SHARE = 0.9;
/** Bytes per second at which weights and caches are read. */
const BANDWIDTH = 30e9;
/** Core-seconds per sampled token, in addition to products and reading the cache: drawing it, and small operators. */
const PER_TOKEN = 60e-6;
const PER_TOKEN_AND_LAYER = 5.6e-6;
const PER_TOKEN_AND_WORD = 2.8e-9;
/** Core-seconds per trained token, in addition to products. */
const PER_TRAINED_TOKEN = 60e-6;
/** Seconds per parameter: to read a model and prepare it for sampling, to publish a policy, to update it, to save it. */
const OPENING = 4e-9;
const PUBLISHING = 5.7e-9;
const UPDATING = 5e-9;
const SAVING = 12e-9;
const FLOAT = 4;

/** Forecasts the seconds of sampling calls. */
export function samplingSeconds(work: SamplingWork, { decoder }: TimedModel, machine: Speed): number {
  const { calls, completions, prompts, promptTokens, mean, limit } = work;
  if (completions === 0 || mean === 0) return 0;
  const { body, head } = productsOf(decoder);
  const prefill = (2 * body * prompts * promptTokens) / (SHARE * machine.training);
  const context = mean / 2 + (promptTokens * prompts) / completions;
  const perToken =
    (2 * (body + head)) / (SHARE * machine.sampling) +
    tokenOverhead(decoder) / machine.threads +
    (context * cacheFloats(decoder) * FLOAT) / BANDWIDTH;
  const width = Math.min(machine.slots, completions);
  const full = (completions - width) * mean * perToken;
  return calls * (prefill + full + tailSeconds({ width, mean, limit, perToken, perStep: perStep(decoder) }));
}

interface Tail {
  width: number;
  mean: number;
  limit: number;
  perToken: number;
  perStep: number;
}

/**
 * Computes the seconds of the last sequences of a call. Their number falls about exponentially until the longest has
 * ended. With few of them, a step takes the time of reading the weights.
 */
function tailSeconds({ width, mean, limit, perToken, perStep: least }: Tail): number {
  const longest = Math.min(limit, mean * (1 + Math.log(width)));
  const first = width * perToken;
  const few = longest - mean * Math.max(0, Math.log(first / least));
  const waiting = few <= 0 ? 0 : least * few - Math.min(first, least) * mean * (1 - Math.exp(-few / mean));
  return first * mean + waiting;
}

/** Forecasts the seconds of training steps, each with the publication and the saving of its policy. */
export function trainingSeconds(work: TrainingWork, { decoder, trained }: TimedModel, machine: Speed): number {
  const { steps, sequences, promptTokens, mean, scorings, updates } = work;
  const { body, head } = productsOf(decoder);
  const whole = parameterCount(decoder);
  const tokens = sequences * (promptTokens + mean);
  const forward = 2 * (body * tokens + head * sequences * mean);
  // The backward pass computes the gradients of activations and, unless the base is frozen, of weights.
  const passes = scorings + (trained < whole ? 2 : 3);
  const products = (passes * forward) / (SHARE * machine.training);
  const own = (PUBLISHING + UPDATING * updates + SAVING) * trained;
  return steps * (products + (PER_TRAINED_TOKEN / machine.threads) * tokens + own);
}

/** Forecasts the seconds of opening `models` models. */
export function openingSeconds(models: number, { decoder }: TimedModel): number {
  return models * OPENING * parameterCount(decoder);
}

/** Weights in the products of a token: those of the layers, and those of the output matrix. */
function productsOf(decoder: DecoderConfig): { body: number; head: number } {
  const head = decoder.vocabulary * decoder.hidden;
  return { body: parameterCount(decoder) - head * (decoder.tied ? 1 : 2), head };
}

function tokenOverhead({ layers, vocabulary }: DecoderConfig): number {
  return PER_TOKEN + PER_TOKEN_AND_LAYER * layers + PER_TOKEN_AND_WORD * vocabulary;
}

function cacheFloats({ layers, kvHeads, headDim }: DecoderConfig): number {
  return 2 * layers * kvHeads * headDim;
}

/** Returns the seconds of a decoding step with few sequences: those of reading the weights. */
function perStep(decoder: DecoderConfig): number {
  const { body, head } = productsOf(decoder);
  return ((body + head) * FLOAT) / BANDWIDTH;
}
