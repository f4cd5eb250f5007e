/**
 * Finds the final answer in a completion by the conventions of benchmarks, and returns which one matched.
 *
 * It does not interpret the answer; see `equal.ts` for that. Only the tail of a text is searched, once per
 * convention. The last number of a text counts as an answer only on request.
 */
import { ANSWER_TAIL, lastBoxed } from './extract.ts';
import { LIMITS } from '../limits.ts';

/**
 * - `boxed`: the last balanced `\boxed{…}`.
 * - `hash`: the last line `#### …` (GSM8K).
 * - `final-answer`: after the last "Final Answer:".
 * - `answer-is`: after the last "the answer is".
 * - `answer-tag`: the last `<answer>…</answer>`.
 * - `last-number`: the last number, for benchmarks that specify it.
 */
export type Convention = 'boxed' | 'hash' | 'answer-tag' | 'final-answer' | 'answer-is' | 'last-number';

/** The default order. `last-number` is left out on purpose. */
export const CONVENTIONS: readonly Convention[] = ['boxed', 'hash', 'answer-tag', 'final-answer', 'answer-is'];

export type Extraction =
  | { answer: string; convention: Convention }
  /** `none`: no convention matched. `empty`, `oversized`: the last match was empty or too long. */
  | { answer: null; convention: Convention | null; reason: 'none' | 'empty' | 'oversized' };

const FINDERS: Record<Convention, (tail: string) => string | null> = {
  boxed: (tail) => lastBoxed(tail),
  hash: (tail) => firstLine(after(tail, /####/g)),
  'answer-tag': (tail) => upTo(after(tail, /<answer>/gi), /<\/answer>/i),
  'final-answer': (tail) => sentence(after(tail, /final\s{1,4}answer(?:\*\*)?\s{0,4}(?:is\b\s{0,4}:?|:)/gi)),
  'answer-is': (tail) => sentence(after(tail, /\banswer\s{1,4}is\b\s{0,4}:?|\banswer\s{0,4}:/gi)),
  'last-number': (tail) => lastNumber(tail),
};

/** Returns the answer of the first of `conventions` that finds one. */
export function extractAnswer(text: string, conventions: readonly Convention[] = CONVENTIONS): Extraction {
  const tail = text.slice(-ANSWER_TAIL);
  let failed: Extraction = { answer: null, convention: null, reason: 'none' };
  for (const convention of conventions) {
    const answer = FINDERS[convention](tail)?.trim() ?? null;
    if (answer === null) continue;
    if (answer !== '' && answer.length <= LIMITS.characters) return { answer, convention };
    failed = { answer: null, convention, reason: answer === '' ? 'empty' : 'oversized' };
  }
  return failed;
}

/** Returns the text after the last match, or null. */
function after(text: string, mark: RegExp): string | null {
  let end = -1;
  for (const match of text.matchAll(mark)) end = match.index + match[0].length;
  return end < 0 ? null : text.slice(end);
}

function upTo(text: string | null, end: RegExp): string | null {
  if (text === null) return null;
  const at = text.search(end);
  return at < 0 ? null : text.slice(0, at);
}

function firstLine(text: string | null): string | null {
  return text === null ? null : (/\S[^\n]*/.exec(text)?.[0] ?? '');
}

/**
 * Returns the text up to the end of the sentence or line, without Markdown asterisks. A formula in `$…$` ends
 * at its closing sign.
 */
function sentence(text: string | null): string | null {
  const line = firstLine(text)?.replace(/^[*_:\s]+/, '');
  if (line === undefined) return null;
  // "Final Answer: The final answer is 5. I hope it is correct."
  const inner = /^(?:the )?(?:final )?answer is:? /i.exec(line);
  const rest = inner === null ? line : line.slice(inner[0].length);
  const formula = /^(?:\$\$?([^$]{1,4096})\$|\\\((.{1,4096}?)\\\)|\\\[(.{1,4096}?)\\\])/.exec(rest);
  if (formula !== null) return formula[1] ?? formula[2] ?? formula[3];
  const end = rest.search(/\.(?:\s|$)|\*\*|(?:,|;) (?:which|since|because|as|so|where)\b/);
  return withoutStars(end < 0 ? rest : rest.slice(0, end));
}

/** Uses a loop, because `[*\s]+$` is quadratic. */
function withoutStars(text: string): string {
  let end = text.length;
  while (end > 0 && /[*\s]/.test(text[end - 1])) end--;
  return text.slice(0, end);
}

function lastNumber(text: string): string | null {
  let last: string | null = null;
  for (const [number] of text.matchAll(/(?<![\w.])-?\d[\d,]{0,64}(?:\.\d{1,64})?(?:\/\d{1,64})?%?/g)) last = number;
  return last?.replace(/,+$/, '') ?? null;
}
