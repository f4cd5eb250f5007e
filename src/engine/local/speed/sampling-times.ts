/** Times the sampler of one model: its opening, its prompts, and decoding steps with few and many sequences. */

import type { SampleRequest } from '../../engine.ts';
import type { Speed } from '../../kind.ts';
import type { LocalSampler } from '../backend.ts';
import { meanSeconds, secondsOf, trialTokens } from './timing.ts';

export interface SamplingTimes {
  /** Seconds until the first call of a sampler can begin. */
  opening: number;
  /** Seconds per token of a prompt. */
  prefill: number;
  /** Seconds of a decoding step by the number of sequences, ascending from one. */
  steps: Speed['steps'];
}

/** Completions per prompt. */
const SHARING = 8;
const PROMPT = 32;
const STEPS = 8;

/** Numbers of sequences whose steps are timed; others are interpolated. */
const FEW = [1, 8];

/** @param sampler its sessions are opened by its first call */
export async function samplingTimes(
  sampler: Pick<LocalSampler, 'sample'>,
  { vocabulary, slots }: { vocabulary: number; slots: number },
): Promise<SamplingTimes> {
  const run = (sequences: number, maxTokens: number): Promise<unknown> =>
    sampler.sample(requestsOf(sequences, maxTokens, vocabulary), { tick: () => {} });
  const first = await secondsOf(() => run(slots, 2));
  const opening = Math.max(0, first - (await secondsOf(() => run(slots, 2))));
  const steps: { sequences: number; seconds: number }[] = [];
  let prefill = 0;
  for (const sequences of [...FEW.filter((size) => size < slots), slots]) {
    const prompts = await meanSeconds(() => run(sequences, 1));
    const whole = await meanSeconds(() => run(sequences, 1 + STEPS));
    // A clock that is too coarse for a tiny model must not make it infinitely fast.
    steps.push({ sequences, seconds: Math.max(whole - prompts, 0.05 * whole) / STEPS });
    prefill = prompts / (Math.ceil(sequences / SHARING) * PROMPT);
  }
  return { opening, prefill, steps };
}

function requestsOf(sequences: number, maxTokens: number, vocabulary: number): SampleRequest[] {
  return Array.from({ length: Math.ceil(sequences / SHARING) }, (_, row) => ({
    prompt: trialTokens(vocabulary, PROMPT, row),
    n: Math.min(SHARING, sequences - row * SHARING),
    maxTokens,
    seed: row,
    temperature: 1,
    topP: 1,
    topK: 0,
    ignoreEnd: true,
  }));
}
