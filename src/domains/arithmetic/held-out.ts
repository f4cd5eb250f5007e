/**
 * The held-out test set: fixed questions of 1 to 6 operations in equal parts, half plain and half stories.
 *
 * A question counts as held out by its form and expression, not only by its words. `What is 25 + 28?` gives
 * away `Compute 25 + 28.`, and a story about coins gives away one with the same numbers about pens. Training
 * questions come from `corpus.ts` and `questions-with-answers.ts`.
 */

import { EvalError } from '../../errors.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { HeldOutQuestion } from '../domain.ts';
import { expressionText, valueOf } from './expression.ts';
import { randomSum } from './generate.ts';
import { parseArithmetic, type ParsedArithmetic } from './parse.ts';
import { plainText, storyText } from './wording.ts';

/** Maximum number of test questions. */
export const MAX_HELD_OUT = 1200;
/** Each block of twelve questions covers 1-6 operations in both forms. */
const OPERATIONS = 6;

interface HeldOut {
  questions: readonly HeldOutQuestion[];
  keys: ReadonlySet<string>;
  texts: ReadonlySet<string>;
}

let made: HeldOut | null = null;

/**
 * Returns the first `count` questions of the fixed test, the same for every run. Throws EvalError above
 * `MAX_HELD_OUT`.
 */
export function heldOut(count: number): HeldOutQuestion[] {
  if (count > MAX_HELD_OUT) {
    throw new EvalError(
      `The arithmetic domain has ${MAX_HELD_OUT} held-out questions; ${count} were requested.`,
      `Set evaluation.questions (--questions) to ${MAX_HELD_OUT} or less.`,
    );
  }
  return all().questions.slice(0, count);
}

/** Returns the texts of all questions of the test. */
export function heldOutTexts(): ReadonlySet<string> {
  return all().texts;
}

/** Returns whether the test contains this question, or one with the same expression in the same form. */
export function isHeldOut(question: string): boolean {
  const parsed = parseArithmetic(question);
  return parsed !== null && all().keys.has(keyOf(parsed));
}

/** Returns the identity of a question: form and expression. */
export function keyOf({ form, sum }: ParsedArithmetic): string {
  return `${form}: ${expressionText(sum)}`;
}

function all(): HeldOut {
  made ??= make();
  return made;
}

/**
 * Draws question number `at` of a test. The position determines operations and form; the numbers are random.
 */
export function drawQuestion(random: Random, at: number): ParsedArithmetic {
  const operations = 1 + (at % OPERATIONS);
  const form = Math.floor(at / OPERATIONS) % 2 === 0 ? 'plain' : 'story';
  return { form, sum: randomSum(random, { operations, form, wide: false, negative: form === 'plain' }) };
}

/** Words a question. */
export function textOf(random: Random, { form, sum }: ParsedArithmetic): string {
  return form === 'plain' ? plainText(random, sum) : storyText(random, sum);
}

function make(): HeldOut {
  const random = new Random(deriveSeed('arithmetic', 'held-out'));
  const questions: HeldOutQuestion[] = [];
  const keys = new Set<string>();
  while (questions.length < MAX_HELD_OUT) {
    const at = questions.length;
    const drawn = drawQuestion(random, at);
    const key = keyOf(drawn);
    if (keys.has(key)) continue;
    keys.add(key);
    questions.push({ id: `arithmetic-${at + 1}`, text: textOf(random, drawn), answer: String(valueOf(drawn.sum)) });
  }
  return { questions, keys, texts: new Set(questions.map((question) => question.text)) };
}
