/**
 * Stop strings: the engine samples tokens, but the caller stops at a text. A stop string may begin or end inside a
 * token, so the text of the last few tokens is decoded after each token.
 */

import type { Completion, SamplingOptions } from './engine.ts';

/** Decodes tokens, like `Tokenizer.decode`. */
export type Decode = (tokens: ArrayLike<number>) => string;

/** Additional tokens to decode, because some tokens decode to no text. */
const SLACK = 16;

/**
 * Returns the first stop string (in the order of the request) that the new tokens contain, or null. It is called after
 * every token, so it decodes only the tokens of a match that ends in the last one: a token is at least one byte.
 */
export function matchedStop(tokens: readonly number[], strings: readonly string[], decode: Decode): string | null {
  if (strings.length === 0) return null;
  const reach = Math.max(...strings.map((one) => Buffer.byteLength(one))) + SLACK;
  const text = decode(tokens.slice(-reach));
  return strings.find((one) => text.includes(one)) ?? null;
}

/** Returns whether a token ends a completion of this request. */
export function isStopToken(token: number, eosIds: readonly number[], options: SamplingOptions): boolean {
  const { stopTokens, ignoreEnd = false } = options;
  return (!ignoreEnd && eosIds.includes(token)) || (stopTokens?.includes(token) ?? false);
}

/** Returns the text of a completion, without its stop token and cut before its stop string. */
export function completionText({ tokens, stop, stopString }: Completion, decode: Decode): string {
  if (stopString === undefined) return decode(stop === 'stop' ? tokens.subarray(0, -1) : tokens);
  const text = decode(tokens);
  const at = text.indexOf(stopString);
  return at < 0 ? text : text.slice(0, at);
}
