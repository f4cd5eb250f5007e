/**
 * Stop strings: the engine samples tokens, the caller stops at a text. A stop string need not begin or end at
 * a token's edge, so the text of the last few tokens is read after each one.
 */

import type { Completion, SamplingOptions } from './engine.ts';

/** Text of tokens, as `Tokenizer.decode`. */
export type Decode = (tokens: ArrayLike<number>) => string;

/** Tokens that are decoded beyond those that a stop string can span: some spell nothing by themselves. */
const SLACK = 16;

/**
 * The first stop string (in the request's order) that the new tokens spell, or null. Called after every token,
 * it looks only at those that a match ending in the last one can span: a token is at least one byte.
 */
export function matchedStop(tokens: readonly number[], strings: readonly string[], decode: Decode): string | null {
  if (strings.length === 0) return null;
  const reach = Math.max(...strings.map((one) => Buffer.byteLength(one))) + SLACK;
  const text = decode(tokens.slice(-reach));
  return strings.find((one) => text.includes(one)) ?? null;
}

/** Whether a token ends a completion of this request. */
export function isStopToken(token: number, eosIds: readonly number[], { stopTokens }: SamplingOptions): boolean {
  return eosIds.includes(token) || (stopTokens?.includes(token) ?? false);
}

/** What a completion says: without its stop token, and only up to its stop string. */
export function completionText({ tokens, stop, stopString }: Completion, decode: Decode): string {
  if (stopString === undefined) return decode(stop === 'stop' ? tokens.subarray(0, -1) : tokens);
  const text = decode(tokens);
  const at = text.indexOf(stopString);
  return at < 0 ? text : text.slice(0, at);
}
