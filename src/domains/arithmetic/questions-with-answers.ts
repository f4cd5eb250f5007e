/**
 * Generates questions with their answers, of the same kinds as the held-out test but never from it. Used for
 * label audits and supervised training; the test itself is in `held-out.ts`.
 */

import { ConfigError } from '../../errors.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { QuestionWithAnswer } from '../../types.ts';
import { valueOf } from './expression.ts';
import { drawQuestion, isHeldOut, keyOf, textOf } from './held-out.ts';

/** Upper limit, because the number of distinct short questions is small. */
const MAX_QUESTIONS = 20_000;

/**
 * Generates `count` questions with distinct expressions: 1 to 6 operations in equal parts, half plain and
 * half stories. Throws ConfigError above `MAX_QUESTIONS`.
 */
export function questionsWithAnswers(count: number, seed: number): QuestionWithAnswer[] {
  if (count > MAX_QUESTIONS) {
    throw new ConfigError(
      `The arithmetic domain generates at most ${MAX_QUESTIONS} questions with answers; ${count} were requested.`,
      `Request ${MAX_QUESTIONS} or fewer.`,
    );
  }
  const random = new Random(deriveSeed('arithmetic', 'answered', seed));
  const questions: QuestionWithAnswer[] = [];
  const keys = new Set<string>();
  while (questions.length < count) {
    const drawn = drawQuestion(random, questions.length);
    const key = keyOf(drawn);
    const text = textOf(random, drawn);
    if (keys.has(key) || isHeldOut(text)) continue;
    keys.add(key);
    questions.push({ text, answer: String(valueOf(drawn.sum)) });
  }
  return questions;
}
