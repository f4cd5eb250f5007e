/**
 * Reimplementation of BBEH's published matching (Kazemi et al. 2025). The answer is the last box or the text
 * after the last "The answer is", otherwise the first line. It is normalised: one line, lower case, no bold
 * marks, commas without spaces, no final full stop.
 *
 * It matches a reference with the same text, the same number, the same text without single quotes, in
 * parentheses (one letter) or square brackets, or with a question mark after it. Other scorers: `letters.ts`,
 * `math.ts`.
 */

import { ANSWER_TAIL, lastBoxed, searchedPart } from '../../answers/read/extract.ts';
import type { EvalItem } from '../task.ts';
import type { Grade, Scorer } from './scorer.ts';
import { tallyTexts } from './tally.ts';

export const bbehScorer: Scorer = {
  grade: async (completion, item) => gradeBbeh(completion, item),
  tally: async (answers) => tallyTexts(answers),
};

/** Maximum length of a first line that counts as an unannounced answer. */
const LONGEST_BARE = 500;

function gradeBbeh(completion: string, item: EvalItem): Grade {
  const extracted = bbehAnswer(completion);
  if (extracted === null) return { extracted, verdict: 'unparsable', reason: 'no answer' };
  const rule = item.reference.answers.map((answer) => matchRule(extracted, foldReference(answer))).find(isRule);
  return { extracted, verdict: rule === undefined ? 'wrong' : 'right', reason: rule ?? 'different' };
}

const PREFIXES = ['The answer is:', 'The final answer is: ', 'The final answer is ', 'The answer is '];

/** Returns the normalised answer of a completion, or null. */
export function bbehAnswer(completion: string): string | null {
  const tail = searchedPart(completion).trim();
  const box = lastBoxed(tail);
  const said = box !== null && box !== '' ? box : afterPrefix(tail);
  if (said === null && (tail.split('\n', 1)[0].length > LONGEST_BARE || completion.length > ANSWER_TAIL)) return null;
  const folded = fold(stripLatex(withoutStop((said ?? tail).trim())));
  return folded.trim() === '' ? null : folded;
}

function afterPrefix(text: string): string | null {
  const ends = PREFIXES.map((prefix) => [text.lastIndexOf(prefix), prefix.length]).filter(([at]) => at >= 0);
  if (ends.length === 0) return null;
  // "The final answer is: x" also ends with a shorter prefix. The prefix that ends last leaves only the
  // answer.
  return text.slice(Math.max(...ends.map(([at, length]) => at + length)));
}

function stripLatex(text: string): string {
  let answer = text.startsWith('$') && text.endsWith('$') && text.length > 1 ? text.slice(1, -1) : text;
  for (const wrapper of [/^\\boxed\{(.*)\}$/s, /^\\text\{(.*)\}$/s, /^\\texttt\{(.*)\}$/s]) {
    answer = wrapper.exec(answer)?.[1] ?? answer;
  }
  return answer;
}

function fold(text: string): string {
  const line = text.toLowerCase().replaceAll(', ', ',').replaceAll('**', '').split('\n', 1)[0];
  return withoutStop(line);
}

function withoutStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

function foldReference(text: string): string {
  return text.trim().toLowerCase().replaceAll(', ', ',');
}

/** Returns the rule by which two normalised texts match, or null. */
export function matchRule(prediction: string, reference: string): string | null {
  if (prediction === reference) return 'same';
  if (/^\(.\)$/s.test(prediction)) return prediction[1] === reference ? 'parentheses' : null;
  if (/^\(.\)$/s.test(reference)) return reference[1] === prediction ? 'parentheses' : null;
  if (isSameNumber(prediction, reference)) return 'number';
  if (prediction.replaceAll("'", '') === reference.replaceAll("'", '')) return 'quotes';
  if (`[${reference}]` === prediction || `[${prediction}]` === reference) return 'brackets';
  return prediction === `${reference}?` ? 'question mark' : null;
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/;

function isSameNumber(a: string, b: string): boolean {
  return NUMBER.test(a) && NUMBER.test(b) && Number(a) === Number(b);
}

function isRule(rule: string | null): rule is string {
  return rule !== null;
}
