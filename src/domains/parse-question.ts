/**
 * Parses completions in the paper's format (R-Zero): the Challenger's last `<question>…</question>` with the
 * last box after it, and the Solver's last box. It only extracts text, so validity does not depend on an oracle.
 */

import { lastBoxed } from '../answers/read/extract.ts';
import type { InvalidReason } from '../types.ts';
import type { ParsedQuestion } from './domain.ts';

const OPEN = '<question>';
const CLOSE = '</question>';

/** Maximum length of a completion that is parsed, in characters. */
const MAX_COMPLETION = 100_000;

/** Returns the question, or the reason why there is none. Text above `maxCharacters` or with turn marks is ill-formed. */
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

/** Returns the Solver's final answer: the content of the last `\boxed{…}`; null if missing or empty. */
export function boxedAnswer(completion: string): string | null {
  return lastBoxed(completion)?.trim() || null;
}

function invalid(reason: InvalidReason): ParsedQuestion {
  return { text: '', claimed: null, invalid: reason };
}
