/**
 * Limits that an answer must satisfy before any parser reads it. All checks are linear in the text.
 *
 * A text with more than `characters` characters is not an answer. One that exceeds another limit is compared
 * as text only.
 */

/** The limits, in characters, levels, digits, values and tokens. */
export const LIMITS = {
  characters: 4096,
  /** Depth of nested brackets of any kind. */
  nesting: 64,
  /** Consecutive digits. */
  digits: 256,
  /** Largest exponent that is evaluated. */
  exponent: 10_000,
  /** Largest n of n! that is evaluated. */
  factorial: 10_000,
  /** Numbers, words, commands and signs combined. */
  nodes: 512,
  /** Bits of any exact number during evaluation. */
  bits: 131_072,
  /** Terms of any sum during evaluation. */
  terms: 512,
} as const;

/** Name of the limit that an answer exceeds. */
export type LimitReason = 'characters' | 'nesting' | 'digits' | 'exponent' | 'factorial' | 'nodes';

const TOKEN = /[0-9]+|\\?[A-Za-z]+|\S/g;
const EXPONENT = /(?:\^|\*\*|[0-9][eE])[\s{(+-]*([0-9]+)/g;
const FACTORIAL = /([0-9]+)[\s})]*!/g;

/** Returns the first limit that `text` exceeds, or null. */
export function exceedsLimits(text: string): LimitReason | null {
  if (text.length > LIMITS.characters) return 'characters';
  let depth = 0;
  let nodes = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    nodes++;
    if ('([{'.includes(token)) depth++;
    else if (')]}'.includes(token)) depth = Math.max(0, depth - 1);
    else if (token.length > LIMITS.digits && token >= '0' && token < ':') return 'digits';
    if (depth > LIMITS.nesting) return 'nesting';
  }
  if (nodes > LIMITS.nodes) return 'nodes';
  if (someNumberAbove(text, EXPONENT, LIMITS.exponent)) return 'exponent';
  if (someNumberAbove(text, FACTORIAL, LIMITS.factorial)) return 'factorial';
  return null;
}

function someNumberAbove(text: string, pattern: RegExp, limit: number): boolean {
  for (const match of text.matchAll(pattern)) if (Number(match[1]) > limit) return true;
  return false;
}
