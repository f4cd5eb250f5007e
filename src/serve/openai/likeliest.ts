/**
 * Finds the most likely token at positions of a sequence. Engines return the log-probability of given tokens only. A token
 * with more than half of the probability is the most likely one; for other positions, the beginning of the sequence is
 * continued greedily by one token.
 */

import type { Example, SampleRequest } from '../../engine/engine.ts';
import type { Model } from '../../generate/models/models.ts';
import { invalid } from './errors.ts';

/** A token and its log-probability. */
export interface Likely {
  token: number;
  logprob: number;
}

/** Scores a sequence: the log-probability of every token but the first, given those before it. */
export async function scoresOf(
  model: Pick<Model, 'ask'>,
  sequence: Int32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (sequence.length < 2) return new Float32Array(0);
  const input = sequence.subarray(0, -1);
  const scored: Example = { input, target: sequence.subarray(1), mask: new Uint8Array(input.length).fill(1) };
  const { scores } = await model.ask({ request: null, scored, signal });
  return scores ?? new Float32Array(0);
}

/**
 * Returns the most likely token at each position of a sequence from `from` on, which must be at least 1.
 * @param logprobs of the tokens from `from` on
 * @param most tokens that may be run for it; throws ApiError 400 if it takes more
 */
export async function likeliestOf(
  model: Pick<Model, 'ask'>,
  sequence: Int32Array,
  from: number,
  logprobs: ArrayLike<number>,
  { most, signal }: { most: number; signal?: AbortSignal },
): Promise<Likely[]> {
  const known = Array.from(logprobs, (logprob, at): Likely | null =>
    logprob > LOG_HALF ? { token: sequence[from + at], logprob } : null,
  );
  const open = [...known.keys()].filter((at) => known[at] === null).map((at) => from + at);
  if (open.reduce((sum, position) => sum + position, 0) > most) {
    throw invalid('logprobs', 'Finding the most likely tokens of such long prompts takes too long. Use logprobs: 0.');
  }
  const probed = await Promise.all(open.map((position) => greedyAfter(model, sequence.slice(0, position), signal)));
  let next = 0;
  return known.map((likely, at) => {
    if (likely !== null) return likely;
    const found = probed[next++];
    // The same token, scored in another way, may differ in the last bits.
    return found.token === sequence[from + at] ? { ...found, logprob: logprobs[at] } : found;
  });
}

/** Above it, rounding cannot make another token more likely. */
const LOG_HALF = Math.log(0.5001);

async function greedyAfter(model: Pick<Model, 'ask'>, prompt: Int32Array, signal?: AbortSignal): Promise<Likely> {
  const request: SampleRequest = { prompt, n: 1, seed: 0, maxTokens: 1, temperature: 0, topP: 1, topK: 0 };
  const { completions } = await model.ask({ request, scored: null, signal });
  const [{ tokens, logprobs }] = completions;
  return { token: tokens[0], logprob: logprobs[0] };
}
