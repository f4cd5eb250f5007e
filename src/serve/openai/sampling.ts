/** Turns the fields of a request into sample requests of an engine. */

import { randomInt } from 'node:crypto';
import type { SampleRequest } from '../../engine/engine.ts';
import type { Model } from '../../generate/models/models.ts';
import { invalid } from './errors.ts';
import type { SharedFields } from './fields.ts';
import type { ApiLimits } from './limits.ts';

const SEEDS = 0x1_0000_0000;

/** A sample request without its prompt and its number of tokens. */
export type Dials = Omit<SampleRequest, 'prompt' | 'maxTokens'>;

/** Reads how to sample. Without a seed, a random one is drawn. Throws ApiError 400. */
export function dialsOf(fields: SharedFields, { tokenizer }: Pick<Model, 'tokenizer'>, limits: ApiLimits): Dials {
  const { n, seed, temperature, top_p: topP, top_k: topK, min_p: minP, ignore_eos: ignoreEnd } = fields;
  if ((n ?? 1) > limits.n) throw invalid('n', `At most ${limits.n} completions per prompt are possible.`);
  const stop = typeof fields.stop === 'string' ? [fields.stop] : (fields.stop ?? []);
  if (stop.includes('')) throw invalid('stop', 'A stop text has at least one character.');
  const { stopStrings = [], ...stopTokens } = tokenizer.ends ?? {};
  return {
    n: n ?? 1,
    seed: seed === null || seed === undefined ? randomInt(SEEDS) : ((seed % SEEDS) + SEEDS) % SEEDS,
    temperature: temperature ?? 1,
    topP: topP ?? 1,
    topK: Math.max(0, topK ?? 0),
    ...(minP === null || minP === undefined ? {} : { minP }),
    ...(ignoreEnd === true ? { ignoreEnd } : {}),
    ...stopTokens,
    stopStrings: [...stop, ...stopStrings],
  };
}

/**
 * Refuses a text that cannot fit the model's context before it is tokenized, which takes long for long texts. Throws
 * ApiError 400.
 */
export function checkText(text: string, { info, tokenizer }: Pick<Model, 'info' | 'tokenizer'>, name: string): void {
  const fewest = tokenizer.fewestTokens?.(text) ?? 0;
  if (fewest <= info.maxContext) return;
  throw invalid(
    name,
    `The prompt has at least ${fewest} tokens; the model's context has room for ${info.maxContext}.`,
    'context_length_exceeded',
  );
}

/** Checks that a prompt and its new tokens fit the model's context. Throws ApiError 400. */
export function checkRoom(
  prompt: Int32Array,
  maxTokens: number,
  { info }: Pick<Model, 'info'>,
  names: { prompt: string; tokens: string },
): void {
  const { maxContext, vocabulary } = info;
  if (prompt.length === 0) throw invalid(names.prompt, 'The prompt has no tokens.');
  const stray = prompt.find((token) => token >= vocabulary);
  if (stray !== undefined) {
    throw invalid(names.prompt, `Token ${stray} is outside the vocabulary of ${vocabulary}.`);
  }
  const room = maxContext - prompt.length;
  if (room < 0 || (room === 0 && maxTokens > 0)) {
    const most = maxTokens > 0 ? maxContext - 1 : maxContext;
    throw invalid(
      names.prompt,
      `The prompt has ${prompt.length} tokens; the model's context has room for ${most}.`,
      'context_length_exceeded',
    );
  }
  if (maxTokens <= room) return;
  throw invalid(
    names.tokens,
    `A prompt of ${prompt.length} tokens and ${maxTokens} new ones exceed the model's context of ${maxContext}. Ask for at most ${room}.`,
    'context_length_exceeded',
  );
}
