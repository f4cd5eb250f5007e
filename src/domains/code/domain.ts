/**
 * The domain `code`: the three tasks of Absolute Zero (arXiv 2505.03335) on small JavaScript functions. Code computes
 * what is right: `executor.ts` runs the programs of both roles in a sandbox, so a run needs no votes for its labels
 * (`labels = "computed"`). The form of a question is in `sheet.ts`, equal values in `literal.ts`, the test in
 * `held-out.ts`.
 */

import type { Domain } from '../domain.ts';
import { openCodeExecutor } from './executor.ts';
import { heldOut, isHeldOut } from './held-out.ts';
import { canonicalData } from './literal.ts';
import { challengerMessages, solverMessages } from './prompts.ts';
import { questionsWithAnswers } from './questions-with-answers.ts';
import { readAnswer, readPosed } from './read.ts';
import { expectedOutcome, readSheet } from './sheet.ts';
import { tokensOf } from './tokens.ts';

export const code = {
  name: 'code',
  challengerMessages,
  solverMessages,
  // Without its outputs, this is the program only; the executor writes the whole question.
  parseQuestion: (completion) => {
    const draft = readPosed(completion);
    if (typeof draft === 'string') return { text: '', claimed: null, invalid: draft };
    return { text: draft.program, claimed: null, invalid: null };
  },
  extractAnswer: readAnswer,
  openExecutor: openCodeExecutor,
  truth: expectedOutcome,
  heldOut: { questions: heldOut, includes: isHeldOut },
  generate: questionsWithAnswers,
  difficulty: {
    unit: 'tokens of the program',
    of: (question) => {
      const sheet = readSheet(question);
      return sheet === null ? null : (tokensOf(sheet.program)?.length ?? null);
    },
  },
  equal: (a, b) => {
    const [one, other] = [canonicalData(a), canonicalData(b)];
    return one === null || other === null ? a.trim() === b.trim() : one === other;
  },
} satisfies Domain;
