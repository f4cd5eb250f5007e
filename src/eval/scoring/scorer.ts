/**
 * Grading of a task's completions: finds the final answer and compares it with the reference. Every
 * completion gets one of four verdicts. Nothing is guessed, and undecided answers are counted separately, not
 * as right. The rules are in `math.ts`, `letters.ts` and `bbeh.ts`; a judge's second opinion is
 * `../judges/judge-answer.ts`.
 */

import type { Grader } from '../../answers/grader.ts';
import type { VoteTally } from '../../types.ts';
import type { EvalItem, Grading } from '../task.ts';
import { bbehScorer } from './bbeh.ts';
import { letterScorer } from './letters.ts';
import { mathScorer } from './math.ts';

/** Only `right` scores 1. */
export type Verdict =
  | 'right'
  | 'wrong'
  /** An answer was found, but the rules could not decide. */
  | 'undecided'
  /** The task's grammar found no answer. */
  | 'unparsable';

export interface Grade {
  /** The final answer, as extracted. */
  extracted: string | null;
  verdict: Verdict;
  /** The deciding rule. */
  reason: string;
}

export interface Scorer {
  grade(completion: string, item: EvalItem): Promise<Grade>;
  /** Counts the votes of one item's extracted answers; null counts as unanswered. */
  tally(answers: readonly (string | null)[]): Promise<VoteTally>;
}

/** Returns the scorer of a grading. The caller closes the grader. */
export function scorerOf(grading: Grading, grader: Grader): Scorer {
  switch (grading) {
    case 'math':
      return mathScorer(grader);
    case 'letter':
      return letterScorer;
    case 'bbeh':
      return bbehScorer;
  }
}
