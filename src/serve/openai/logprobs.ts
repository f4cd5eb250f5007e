/** Log-probabilities in the two forms of the API. */

import type { Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import type { Likely } from './likeliest.ts';

type Decode = Tokenizer['decode'];

/** A chat's form. */
export interface ChatLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs: { token: string; logprob: number; bytes: number[] }[];
}

/** Returns the entries of tokens. `top`: the most likely token of each; null if it was not asked for. */
export function chatLogprobs(
  tokens: ArrayLike<number>,
  logprobs: ArrayLike<number>,
  decode: Decode,
  top: readonly Likely[] | null = null,
): ChatLogprob[] {
  return Array.from(tokens, (token, at) => ({
    ...entry(token, logprobs[at], decode),
    top_logprobs: top === null ? [] : [entry(top[at].token, top[at].logprob, decode)],
  }));
}

function entry(token: number, logprob: number, decode: Decode): Omit<ChatLogprob, 'top_logprobs'> {
  const text = decode([token]);
  return { token: text, logprob, bytes: [...Buffer.from(text)] };
}

/** The form of plain completions. */
export interface CompletionLogprobs {
  tokens: string[];
  token_logprobs: (number | null)[];
  top_logprobs: (Record<string, number> | null)[] | null;
  text_offset: number[];
}

/**
 * Returns the lists of tokens. A log-probability of null is that of the first token of a prompt, before which there is
 * nothing.
 * @param offset of the first token in the text
 */
export function completionLogprobs(
  tokens: readonly number[],
  logprobs: readonly (number | null)[],
  decode: Decode,
  { offset = 0, top = null }: { offset?: number; top?: readonly (Likely | null)[] | null } = {},
): CompletionLogprobs {
  const texts = tokens.map((token) => decode([token]));
  let at = offset;
  const textOffsets = texts.map((text) => {
    const own = at;
    at += text.length;
    return own;
  });
  return {
    tokens: texts,
    token_logprobs: [...logprobs],
    top_logprobs:
      top === null ? null : top.map((likely, index) => topOf(likely, texts[index], logprobs[index], decode)),
    text_offset: textOffsets,
  };
}

/** The most likely token, and the token itself. */
function topOf(
  likely: Likely | null,
  text: string,
  logprob: number | null,
  decode: Decode,
): Record<string, number> | null {
  if (likely === null || logprob === null) return null;
  return { [decode([likely.token])]: likely.logprob, [text]: logprob };
}
