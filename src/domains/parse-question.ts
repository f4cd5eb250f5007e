/**
 * Reads completions in the paper's format: the Challenger's last `<question>…</question>` with the last box after it,
 * and the Solver's last box. The text is only cut out, not understood, so no oracle decides which question is valid.
 */

import { lastBoxed } from '../answers/read/extract.ts';
import type { InvalidReason } from '../types.ts';
import type { ParsedQuestion } from './domain.ts';

const OPEN = '<question>';
const CLOSE = '</question>';

/** Longest completion that is looked at, in characters. */
const MAX_COMPLETION = 100_000;

/** The question, or the reason why there is none; a text above `maxCharacters` or with turn marks is ill-formed. */
export function parseTaggedQuestion(completion: string, maxCharacters: number): ParsedQuestion {
  if (completion.length > MAX_COMPLETION) return invalid('ill-formed');
  const close = completion.lastIndexOf(CLOSE);
  const open = close === -1 ? -1 : completion.lastIndexOf(OPEN, close);
  if (open === -1) return invalid(completion.includes(OPEN) ? 'truncated' : 'no-question');
  const text = completion.slice(open + OPEN.length, close).trim();
  if (text === '' || text.length > maxCharacters || text.includes('<|')) return invalid('ill-formed');
  const claimed = lastBoxed(completion.slice(close + CLOSE.length))?.trim() ?? '';
  return claimed === '' ? { text, claimed: null, invalid: 'no-answer' } : { text, claimed, invalid: null };
}

/** The Solver's final answer: the content of the last `\boxed{…}`, or null where there is none or it is empty. */
export function boxedAnswer(completion: string): string | null {
  return lastBoxed(completion)?.trim() || null;
}

function invalid(reason: InvalidReason): ParsedQuestion {
  return { text: '', claimed: null, invalid: reason };
}
