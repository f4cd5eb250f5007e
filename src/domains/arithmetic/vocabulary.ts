/**
 * The tokens of the base model in the order of their ids: special tokens, tags, whole words of the arithmetic
 * world (with the leading space they have inside a sentence), operators, and all printable ASCII characters
 * as a fallback. Numbers are single digits.
 *
 * The order is part of the shipped weights: append, never reorder. Next: `tokenizer.ts`.
 */

import { CONTAINERS, CROWDS, GAINS, LOSSES, PEOPLE, PLACES, THINGS } from './words.ts';

export const END_OF_TEXT = '<|endoftext|>';
export const TURN_START = '<|im_start|>';
export const TURN_END = '<|im_end|>';
export const UNKNOWN = '<unk>';

export const SPECIAL_TOKENS: readonly string[] = [END_OF_TEXT, TURN_START, TURN_END, UNKNOWN];

const TAGS = ['<question>', '</question>', '\\boxed{', 'Steps:'];
const OPERATORS = [' + ', ' - ', ' * '];
const ROLES = ['system', 'user', 'assistant'];
const OPENING_WORDS = ['Compute', 'What', 'There', 'Pose', 'Write'];
const INNER_WORDS = ['is', 'are', 'has', 'have', 'does', 'of', 'in', 'the', 'more', 'come', 'leave', 'groups'];
const OTHER_WORDS = ['How', 'many', 'She', 'He', 'to', 'from', 'a', 'question', 'facts'];

/** Returns all tokens; the index is the id. */
export function vocabulary(): string[] {
  const names = PEOPLE.map((person) => person.name);
  const verbs = [...GAINS, ...LOSSES].map((action) => action.verb);
  const inner = [...INNER_WORDS, ...OTHER_WORDS, ...names, ...verbs, ...THINGS, ...CONTAINERS, ...CROWDS, ...PLACES];
  const ascii = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at));
  return [
    ...SPECIAL_TOKENS,
    ...TAGS,
    '\n',
    ...ascii,
    ...OPERATORS,
    ...ROLES,
    ...OPENING_WORDS,
    ...names,
    ...inner.map((word) => ` ${word}`),
  ];
}
