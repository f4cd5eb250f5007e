/**
 * The domain `arithmetic`: sums and products of integers, plain or as short stories. The shipped base model is trained
 * on it. It is the only built-in domain with an exact oracle, so its labels can be audited. The grammar is in
 * `parse.ts`, the corpus in `corpus.ts`, the test in `held-out.ts`.
 */

import type { Domain } from '../domain.ts';
import { boxedAnswer, parseTaggedQuestion } from '../parse-question.ts';
import { operationsOf, valueOf } from './expression.ts';
import { questionsWithAnswers } from './questions-with-answers.ts';
import { heldOut, isHeldOut } from './held-out.ts';
import { parseArithmetic } from './parse.ts';
import { CHALLENGER_PROMPT, STEPS_PREFIX } from './prompts.ts';
import { arithmeticViews } from './views.ts';

/** Maximum length of a question, in characters. */
export const MAX_POSED_CHARACTERS = 400;

export const arithmetic = {
  name: 'arithmetic',
  challengerMessages: () => [{ role: 'user', content: CHALLENGER_PROMPT }],
  solverMessages: (question) => [{ role: 'user', content: question }],
  parseQuestion: (completion) => parseTaggedQuestion(completion, MAX_POSED_CHARACTERS),
  extractAnswer: boxedAnswer,
  isWellPosed: (question) => parseArithmetic(question) !== null,
  truth: (question) => {
    const parsed = parseArithmetic(question);
    return parsed === null ? null : String(valueOf(parsed.sum));
  },
  views: arithmeticViews,
  verification: {
    messages: (question, attempt, attemptFirst) => [
      { role: 'user', content: (attemptFirst ? [attempt, question] : [question, attempt]).join('\n') },
    ],
    // The base writes a digit after the opening of a box.
    opening: '\\boxed{',
    yes: '1',
    no: '0',
  },
  heldOut: { questions: heldOut, includes: isHeldOut },
  generate: questionsWithAnswers,
  work: {
    prefix: STEPS_PREFIX,
    isShown: (completion) => completion.startsWith(STEPS_PREFIX.trimEnd()) || completion.includes('='),
  },
  difficulty: {
    unit: 'operations',
    of: (question) => {
      const parsed = parseArithmetic(question);
      return parsed === null ? null : operationsOf(parsed.sum);
    },
  },
} satisfies Domain;
