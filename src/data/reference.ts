/**
 * Reads the acceptable answers of a question from a cell, as public data sets write them: a text or a number, a worked
 * solution with a marked final answer, or a list of acceptable answers. The answers are compared in `answers/`.
 */

import { extractAnswer } from '../answers/read/conventions.ts';
import type { Malformed } from './row.ts';
import { listInText, textOfCell } from './cell.ts';

/**
 * Returns the acceptable answers, without repetitions, or the reason why there are none. A worked solution stands for
 * its marked answer: the last `\boxed{}`, the text after the last `####`, `<answer>…</answer>` or "The answer is …".
 */
export function readAnswers(value: unknown): string[] | Malformed {
  const cells = cellsOf(value);
  if (!Array.isArray(cells)) return cells;
  const answers = new Set<string>();
  for (const cell of cells) {
    const text = textOfCell(cell);
    if (typeof text !== 'string') return text;
    const answer = finalAnswer(text);
    if (answer === null) return { malformed: 'a solution without a final answer' };
    answers.add(answer);
  }
  return answers.size === 0 ? { malformed: 'no answer' } : [...answers];
}

function cellsOf(value: unknown): unknown[] | Malformed {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return listInText(value) ?? [value];
  if (typeof value !== 'object' || value === null) return [value];
  // SQuAD writes { text: […], answer_start: […] }, TriviaQA { value, aliases: […] }.
  if ('text' in value) return cellsOf(value.text);
  if (!('value' in value)) return { malformed: 'no answer that can be read (an object)' };
  const aliases = 'aliases' in value && Array.isArray(value.aliases) ? value.aliases : [];
  return [value.value, ...aliases];
}

/** Returns the marked answer of a text, or the text itself if no answer is marked; null if the mark is empty. */
function finalAnswer(text: string): string | null {
  const marked = extractAnswer(text);
  return marked.convention === null ? text : marked.answer;
}
