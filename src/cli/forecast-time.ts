/**
 * Forecasts the seconds of sampling and training from the measured speed of this machine. Pure. `bench:forecast` holds
 * the result against a run. `forecast.ts` counts the work.
 */

import type { Speed } from '../engine/kind.ts';

/** Sampling calls of the same size. */
export interface SamplingWork {
  calls: number;
  /** Completions per call, and the different prompts that they begin with. */
  completions: number;
  prompts: number;
  /** Tokens of a prompt, and with how many of them all prompts begin. */
  promptTokens: number;
  shared: number;
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

/** Parameters of a model, and how many of them are trained: all, or those of an adapter over a frozen base. */
export interface ModelSize {
  parameters: number;
  trained: number;
}

/** Seconds per parameter that is read from the disk, or copied for sampling. */
const LOADING = 8e-9;
const COPYING = 3e-9;
/** Bytes that are saved per trained parameter: itself and two moments. */
const SAVED_BYTES = 12;

/** Forecasts the seconds of sampling calls. */
export function samplingSeconds(work: SamplingWork, speed: Speed): number {
  const { calls, completions, mean, limit } = work;
  if (completions === 0 || mean === 0) return 0;
  const width = Math.min(speed.slots, completions);
  const full = ((completions - width) / width) * mean * stepSeconds(width, speed);
  return calls * (promptTokensOf(work, speed) * speed.prefill + full + lastSeconds({ width, mean, limit }, speed));
}

/** Counts the tokens of prompts that a call runs. */
function promptTokensOf({ prompts, promptTokens, shared }: SamplingWork, { sharedFrom = Infinity }: Speed): number {
  const once = prompts > 1 && shared >= sharedFrom ? shared : 0;
  return once + prompts * (promptTokens - once);
}

interface Lengths {
  mean: number;
  limit: number;
}

/** Computes the seconds of the last `width` completions of a call, of which fewer and fewer are running. */
function lastSeconds({ width, mean, limit }: Lengths & { width: number }, speed: Speed): number {
  const scale = lengthScale({ mean, limit });
  let seconds = 0;
  for (let step = 0; step < limit; step++) {
    const running = width * Math.exp(-step / scale);
    // The longest completion is as long as expected of `width` ones.
    if (running < 0.5) break;
    seconds += stepSeconds(Math.max(1, running), speed) * Math.min(1, limit - step);
  }
  return seconds;
}

/**
 * Returns the scale τ of an exponential distribution of lengths, cut at `limit`, whose mean is `mean`:
 * τ (1 − exp(−limit / τ)) = mean. Infinity if every completion has the longest length.
 */
function lengthScale({ mean, limit }: Lengths): number {
  if (mean > 0.99 * limit) return Infinity;
  let [low, high] = [mean, 100 * limit];
  for (let round = 0; round < 50; round++) {
    const middle = Math.sqrt(low * high);
    if (middle * (1 - Math.exp(-limit / middle)) < mean) low = middle;
    else high = middle;
  }
  return low;
}

/** Interpolates the seconds of a decoding step of `running` sequences. */
function stepSeconds(running: number, { steps }: Speed): number {
  const above = Math.max(
    1,
    steps.findIndex(({ sequences }) => sequences >= running),
  );
  const [left, right] = [steps[above - 1], steps[above]];
  if (right === undefined) return left.seconds;
  const share = (running - left.sequences) / (right.sequences - left.sequences);
  return left.seconds + share * (right.seconds - left.seconds);
}

/** Forecasts the seconds of training steps, each with the publication and the saving of its policy. */
export function trainingSeconds(work: TrainingWork, { trained }: ModelSize, speed: Speed): number {
  const { steps, sequences, promptTokens, mean, scorings, updates } = work;
  const tokens = sequences * (promptTokens + mean);
  const passes = tokens * (speed.training + scorings * speed.scoring);
  const own = speed.updating * updates + speed.opening + (COPYING + SAVED_BYTES * speed.writing) * trained;
  return steps * (passes + own);
}

/** Forecasts the seconds of opening `models` models. */
export function openingSeconds(models: number, { parameters }: ModelSize, { opening }: Speed): number {
  return models * (LOADING * parameters + opening);
}
