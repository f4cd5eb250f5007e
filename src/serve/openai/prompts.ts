/** The prompts of a completion request: a text, a list of texts, token ids, or a list of lists of token ids. */

import type { Model } from '../../generate/models/models.ts';
import { invalid } from './errors.ts';
import type { CompletionFields } from './fields.ts';
import type { ApiLimits } from './limits.ts';
import { checkText } from './sampling.ts';

export interface Prompt {
  tokens: Int32Array;
  /** As `echo` returns it. */
  text: string;
}

/**
 * Reads the prompts. A text is encoded as it is, after the model's start token if it has one; `add_special_tokens: false`
 * leaves that out. Special tokens written in a text are recognised. Throws ApiError 400.
 */
export function promptsOf(
  { prompt, add_special_tokens: special }: Pick<CompletionFields, 'prompt' | 'add_special_tokens'>,
  { tokenizer, prefix, info }: Pick<Model, 'tokenizer' | 'prefix' | 'info'>,
  limits: ApiLimits,
): Prompt[] {
  const start = special === false ? '' : prefix;
  const list = typeof prompt === 'string' ? [prompt] : isTokens(prompt) ? [prompt] : prompt;
  if (list.length > limits.prompts) {
    throw invalid('prompt', `At most ${limits.prompts} prompts per request are possible.`);
  }
  return list.map((one) => {
    if (typeof one === 'string') {
      checkText(one, { tokenizer, info }, 'prompt');
      return { tokens: tokenizer.encode(start + one), text: one };
    }
    const stray = one.find((token) => token >= info.vocabulary);
    if (stray !== undefined) {
      throw invalid('prompt', `Token ${stray} is outside the vocabulary of ${info.vocabulary}.`);
    }
    return { tokens: Int32Array.from(one), text: tokenizer.decode(one) };
  });
}

function isTokens(prompt: readonly unknown[]): prompt is number[] {
  return typeof prompt[0] === 'number';
}
