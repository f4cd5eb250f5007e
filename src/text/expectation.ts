/**
 * Puts what a schema expects into plain words, for errors about files of others. Pure. The validator's own messages
 * ("Invalid option: …") are for programmers.
 */

import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  undefined: 'no value',
};

/** Returns what an issue's value should have been, e.g. `"silu" or "swish"` or `a whole number`. */
export function expectationOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map((value) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value))));
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_union':
      return expectationOfUnion(issue.errors);
    case 'custom':
      return issue.message;
    default:
      return 'another value';
  }
}

/**
 * Describes where an issue is and what is wrong there, e.g. `seeds.0: expected a whole number`. The messages of a
 * schema's own rules stay as they are.
 */
export function describeIssue(issue: Issue, root: string): string {
  const at = issue.path.join('.') || root;
  if (issue.code === 'custom') return `${at}: ${issue.message}`;
  if (issue.code === 'unrecognized_keys')
    return `${at}: unknown key ${oneOf(issue.keys.map((key) => JSON.stringify(key).slice(0, 120)))}`;
  return `${at}: expected ${expectationOf(issue)}`;
}

function expectationOfUnion(options: readonly (readonly Issue[])[]): string {
  const words = options.flatMap(([first]) => (first === undefined ? [] : [expectationOf(first)]));
  return words.length === 0 ? 'another value' : oneOf([...new Set(words)]);
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' entries' : '';
}

function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'no value';
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}
