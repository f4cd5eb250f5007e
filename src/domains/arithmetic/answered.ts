/** Questions with their answers, of the held-out test's kinds and never one of the test's: for label audits and supervised training. */

import { ConfigError } from '../../errors.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { AnsweredQuestion } from '../../types.ts';
import { valueOf } from './expression.ts';
import { drawQuestion, isHeldOut, keyOf, textOf } from './held-out.ts';

/** More would exhaust the short questions, of which there are not so many. */
const MAX_ANSWERED = 20_000;

/** `count` questions with distinct expressions, 1 to 6 operations in equal parts, half plain and half stories. ConfigError above `MAX_ANSWERED`. */
export function answeredQuestions(count: number, seed: number): AnsweredQuestion[] {
  if (count > MAX_ANSWERED) {
    throw new ConfigError(
      `The arithmetic domain makes at most ${MAX_ANSWERED} answered questions, ${count} were asked for.`,
      `Ask for ${MAX_ANSWERED} or fewer.`,
    );
  }
  const random = new Random(deriveSeed('arithmetic', 'answered', seed));
  const questions: AnsweredQuestion[] = [];
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
