/** Checks a sample request, and turns it into one of the engine. */

import { randomInt } from 'node:crypto';
import type { Example, SampleRequest } from '../../../engine/engine.ts';
import type { WireSampleRequest, WireSamplingParams } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import { checkTokens, type ModelSizes } from '../training/batch.ts';
import type { Ask } from '../../../generate/batch/batcher.ts';

const MOST_SAMPLES = 4096;
const SEEDS = 0x1_0000_0000;

/** Returns what is to be sampled and scored. Throws Refusal 400. */
export function checkSample(
  { prompt, n, params, promptLogprobs, topkPromptLogprobs }: WireSampleRequest,
  sizes: ModelSizes,
): Pick<Ask, 'request' | 'scored'> {
  if (prompt.length === 0) throw new Refusal(400, 'The prompt has no tokens.');
  if (prompt.length > sizes.maxContext) {
    throw new Refusal(400, `The prompt has ${prompt.length} tokens, but the model's context is ${sizes.maxContext}.`);
  }
  checkTokens(prompt, sizes.vocabulary, 'A token of the prompt');
  if (topkPromptLogprobs !== 0) throw new Refusal(400, 'topk_prompt_logprobs is not supported.');
  if (!Number.isInteger(n) || n < 1 || n > MOST_SAMPLES) {
    throw new Refusal(400, `num_samples must be a whole number from 1 to ${MOST_SAMPLES}.`);
  }
  checkParams(params, promptLogprobs && n === 1);
  const room = sizes.maxContext - prompt.length;
  // A prompt that fills the context can be scored, although there is no room for a new token.
  const nothing = promptLogprobs && n === 1 && (params.max_tokens === 0 || (params.max_tokens === 1 && room === 0));
  if (!nothing && params.max_tokens > room) {
    throw new Refusal(
      400,
      `A prompt of ${prompt.length} tokens and ${params.max_tokens} new ones exceed the model's context of ${sizes.maxContext}.`,
    );
  }
  return {
    request: nothing ? null : requestOf(prompt, n, params),
    scored: promptLogprobs ? scoredPrompt(prompt) : null,
  };
}

function checkParams(
  { max_tokens, temperature, top_p, top_k, seed, stop = [] }: WireSamplingParams,
  scores: boolean,
): void {
  const rules: [name: string, wanted: string, fine: boolean][] = [
    [
      'max_tokens',
      `a whole number from ${scores ? 0 : 1}`,
      Number.isInteger(max_tokens) && max_tokens >= (scores ? 0 : 1),
    ],
    ['temperature', 'a number from 0', Number.isFinite(temperature) && temperature >= 0],
    ['top_p', 'above 0, at most 1', top_p > 0 && top_p <= 1],
    ['top_k', 'a whole number from 1, or -1', Number.isInteger(top_k) && top_k >= -1],
    ['seed', 'a whole number', seed === undefined || Number.isInteger(seed)],
    [
      'stop',
      'texts of at least one character, or token ids',
      stop.every((one) => (typeof one === 'string' ? one !== '' : one >= 0)),
    ],
  ];
  for (const [name, wanted, fine] of rules) {
    if (!fine) throw new Refusal(400, `sampling_params.${name} must be ${wanted}.`);
  }
}

function requestOf(prompt: Int32Array, n: number, params: WireSamplingParams): SampleRequest {
  const { max_tokens: maxTokens, temperature, top_p: topP, top_k, stop, seed } = params;
  return {
    prompt,
    n,
    seed: seed === undefined ? randomInt(SEEDS) : ((seed % SEEDS) + SEEDS) % SEEDS,
    maxTokens,
    temperature,
    topP,
    topK: Math.max(0, top_k),
    ...stopsOf(stop),
  };
}

/** Without a list, the model's own end tokens end a completion; with one, they and the list; an empty one is none. */
function stopsOf(stop: WireSamplingParams['stop']): Pick<SampleRequest, 'stopTokens' | 'stopStrings' | 'ignoreEnd'> {
  if (stop === undefined) return {};
  if (stop.length === 0) return { ignoreEnd: true };
  const strings = stop.filter((one) => typeof one === 'string');
  const tokens = stop.filter((one) => typeof one === 'number');
  return strings.length > 0 ? { stopStrings: strings } : { stopTokens: tokens };
}

function scoredPrompt(prompt: Int32Array): Example {
  const input = prompt.subarray(0, -1);
  return { input, target: prompt.subarray(1), mask: new Uint8Array(input.length).fill(1) };
}
