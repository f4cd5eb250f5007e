/** Parses what a Challenger of an open domain writes: `<question>…</question>`, then `<hint>…</hint>` (G-Zero's form). */

import type { InvalidReason } from '../types.ts';
import type { ParsedQuestion } from './domain.ts';

/** Maximum length of a completion that is parsed, in characters. */
const MAX_COMPLETION = 100_000;

/** Limits of a task and its hint, in characters. */
export interface TaskLimits {
  task: number;
  hint: number;
}

/**
 * Returns the last task and the hint after it, or the reason why there is none. Texts above their limit, empty ones, and
 * those with turn marks are ill-formed.
 */
export function parseTaggedTask(completion: string, limits: TaskLimits): ParsedQuestion {
  if (completion.length > MAX_COMPLETION) return invalid('ill-formed');
  const close = completion.lastIndexOf('</question>');
  const task = close === -1 ? null : lastBlock(completion.slice(0, close), '<question>');
  if (task === null) return invalid(completion.includes('<question>') ? 'truncated' : 'no-question');
  if (!isUsable(task, limits.task)) return invalid('ill-formed');
  const rest = completion.slice(close);
  const end = rest.indexOf('</hint>');
  const hint = end === -1 ? null : lastBlock(rest.slice(0, end), '<hint>');
  if (hint === null) return { text: task, claimed: null, invalid: rest.includes('<hint>') ? 'truncated' : 'no-hint' };
  if (!isUsable(hint, limits.hint)) return invalid('ill-formed');
  return { text: task, claimed: null, invalid: null, hint };
}

/** Returns the trimmed text after the last mark; null without one. */
function lastBlock(text: string, mark: string): string | null {
  const at = text.lastIndexOf(mark);
  return at === -1 ? null : text.slice(at + mark.length).trim();
}

function isUsable(text: string, limit: number): boolean {
  return text !== '' && text.length <= limit && !text.includes('<|');
}

function invalid(reason: InvalidReason): ParsedQuestion {
  return { text: '', claimed: null, invalid: reason };
}

/** Returns a response to a task: the whole completion without the space around it; null if nothing is left. */
export function wholeResponse(completion: string): string | null {
  return completion.trim() || null;
}

/** Returns a task with its hint, as G-Zero shows them to the Solver. */
export function withHint(task: string, hint: string): string {
  return `${task}\n\nHint: ${hint}`;
}
