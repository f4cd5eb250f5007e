/** Generates questions with their answers, like those of the held-out test but about other programs. */

import { ConfigError } from '../../errors.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { QuestionWithAnswer } from '../../types.ts';
import { drawQuestion, isHeldOutProgram, withAnswer } from './held-out.ts';
import { programKey } from './tokens.ts';

/** Upper limit, because the number of distinct short programs is small. */
const MAX_QUESTIONS = 5000;

/** Generates `count` questions about distinct programs. Throws ConfigError above `MAX_QUESTIONS`. */
export function questionsWithAnswers(count: number, seed: number): QuestionWithAnswer[] {
  if (count > MAX_QUESTIONS) {
    throw new ConfigError(
      `The code domain generates at most ${MAX_QUESTIONS} questions with answers; ${count} were requested.`,
      `Request ${MAX_QUESTIONS} or fewer.`,
    );
  }
  const random = new Random(deriveSeed('code', 'answered', seed));
  const questions: QuestionWithAnswer[] = [];
  const keys = new Set<string>();
  while (questions.length < count) {
    const sheet = drawQuestion(random, questions.length);
    if (sheet === null || isHeldOutProgram(sheet.program)) continue;
    const key = programKey(sheet.program);
    if (keys.has(key)) continue;
    keys.add(key);
    questions.push(withAnswer(sheet));
  }
  return questions;
}
