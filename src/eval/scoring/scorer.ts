/**
 * Grading of a task's completions: finds the final answer and compares it with the reference. Every
 * completion gets one of four verdicts. Nothing is guessed, and undecided answers are counted separately, not
 * as right. The rules are in `math.ts`, `letters.ts` and `bbeh.ts`; a judge's second opinion is
 * `../judges/judge-answer.ts`.
 */

import type { VoteTally } from '../../types.ts';
import type { EvalItem } from '../task.ts';

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
