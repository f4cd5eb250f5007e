/**
 * Finds the final answer in a completion by the conventions of benchmarks, and returns which one matched.
 *
 * It does not interpret the answer; see `equal.ts` for that. Only the tail of a text is searched, once per
 * convention, without `<think>…</think>`. The last number of a text counts as an answer only on request.
 */
import { boxesIn, searchedPart } from './extract.ts';
import { LIMITS } from '../limits.ts';

/**
 * - `boxed`: the last `\boxed{…}`, unless a sentence after it gives another answer (`correctionIn`).
 * - `hash`: the last line `#### …` (GSM8K).
 * - `final-answer`: after the last "Final Answer:", under the heading "Final Answer", after 最终答案.
 * - `answer-is`: after the last "the answer is" or 答案是.
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

/** "Final answer:", a heading `**Final Answer**` or `## Final Answer` on the line before, and 最终答案 in Chinese. */
const FINAL_ANSWER =
  /final\s{1,4}answer[*_]{0,4}(?:\s{0,4}(?:is\b\s{0,4}:?|[:：])|[*_]{0,4}[^\S\n]{0,8}\n)|最[终后](?:的)?答案[*_]{0,4}(?:是|为|[:：]|\s{0,4}\n)[:：]?/gi;
const ANSWER_IS = /\banswer\s{1,4}is\b\s{0,4}:?|\banswer\s{0,4}[:：]|答案(?:应?[是为]|[:：])[:：]?/gi;

const FINDERS: Record<Convention, (tail: string) => string | null> = {
  boxed: (tail) => boxesIn(tail).at(-1)?.content ?? null,
  hash: (tail) => firstLine(after(tail, /####/g)),
  'answer-tag': (tail) => upTo(after(tail, /<answer>/gi), /<\/answer>/i),
  'final-answer': (tail) => sentence(after(tail, FINAL_ANSWER)),
  'answer-is': (tail) => sentence(after(tail, ANSWER_IS)),
  'last-number': (tail) => lastNumber(tail),
};

/** Returns the answer of the first of `conventions` that finds one. */
export function extractAnswer(text: string, conventions: readonly Convention[] = CONVENTIONS): Extraction {
  const tail = searchedPart(text);
  let failed: Extraction = { answer: null, convention: null, reason: 'none' };
  for (const convention of conventions) {
    const answer = FINDERS[convention](tail)?.trim() ?? null;
    if (answer === null) continue;
    if (answer !== '' && answer.length <= LIMITS.characters)
      return (convention === 'boxed' ? correctionIn(tail, conventions) : null) ?? { answer, convention };
    failed = { answer: null, convention, reason: answer === '' ? 'empty' : 'oversized' };
  }
  return failed;
}

/** Starts a sentence that announces an answer. */
const ANNOUNCEMENT =
  /(?:^|[.!?:\n])[\s*_$]{0,16}(?:(?:so|thus|hence|therefore|then|but|no|wait|actually|correction|sorry|oops|instead)[,.!:]? {1,4}){0,3}(?:(?:the|my) )?(?:final |correct |right |actual )?answer\b/i;
/** An answer without words: numbers, formulas, a letter. */
const BARE = /^(?:\\[A-Za-z]+|\\(?![A-Za-z])|[^A-Za-z\\]|(?<![A-Za-z])[A-Za-z]{1,2}(?![A-Za-z])){1,64}$/;

/**
 * Returns the answer that a text announces after its last box: "\boxed{7}. Wait, the answer is 8." Null for a remark
 * such as "The answer is positive", and for an announcement within a sentence.
 */
function correctionIn(tail: string, conventions: readonly Convention[]): Extraction | null {
  const rest = tail.slice(boxesIn(tail).at(-1)?.end ?? 0);
  const start = rest.search(ANNOUNCEMENT);
  for (const convention of conventions) {
    if (convention === 'boxed' || convention === 'last-number') continue;
    const isSentence = convention === 'final-answer' || convention === 'answer-is';
    if (isSentence && start < 0) continue;
    const answer = FINDERS[convention](isSentence ? rest.slice(start) : rest)?.trim() ?? '';
    if (answer !== '' && BARE.test(answer)) return { answer, convention };
  }
  return null;
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
  const end = rest.search(/\.(?:\s|$)|[。；]|\*\*|(?:,|;) (?:which|since|because|as|so|where)\b/);
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
