/**
 * Grading of a task's completions: find the final answer, compare it with the reference. Which rules: `math.ts`,
 * `letters.ts`, `bbeh.ts`. Every completion gets one of four verdicts; nothing is guessed, and what the rules
 * cannot decide counts as not right, apart. A second opinion: `../judge.ts`.
 */

import type { VoteTally } from '../../types.ts';
import type { EvalItem } from '../task.ts';

/** Only `right` scores 1. */
export type Verdict =
  | 'right'
  | 'wrong'
  /** An answer was found, and the rules can tell neither way. */
  | 'undecided'
  /** No answer was found by the task's grammar. */
  | 'unparsable';

export interface Grade {
  /** The final answer as found. */
  extracted: string | null;
  verdict: Verdict;
  /** By which rule. */
  reason: string;
}

export interface Scorer {
  grade(completion: string, item: EvalItem): Promise<Grade>;
  /** Votes of one item's extracted answers; null ones count as unanswered. */
  tally(answers: readonly (string | null)[]): Promise<VoteTally>;
}
