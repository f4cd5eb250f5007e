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
  if (hasOwnMessage(issue)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map((value) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value))));
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`;
    case 'invalid_union':
      return expectationOfUnion(issue.errors);
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
  if (hasOwnMessage(issue)) return `${at}: ${issue.message}`;
  if (issue.code === 'unrecognized_keys')
    return `${at}: unknown key ${oneOf(issue.keys.map((key) => JSON.stringify(key).slice(0, 120)))}`;
  return `${at}: expected ${expectationOf(issue)}`;
}

/** Whether the schema's author wrote the message, rather than the validator. */
function hasOwnMessage({ code, message }: Issue): boolean {
  return code === 'custom' || !/^(?:Invalid|Too|Unrecognized) /.test(message);
}

function expectationOfUnion(options: readonly (readonly Issue[])[]): string {
  const words = options.flatMap(([first]) => (first === undefined ? [] : [expectationOf(first)]));
  return words.length === 0 ? 'another value' : oneOf([...new Set(words)]);
}

function amount(limit: number | bigint, origin: string): string {
  const one = Number(limit) === 1;
  if (origin === 'string') return `${limit} ${one ? 'character' : 'characters'}`;
  return origin === 'array' || origin === 'set' ? `${limit} ${one ? 'entry' : 'entries'}` : String(limit);
}

function oneOf(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'no value';
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}
