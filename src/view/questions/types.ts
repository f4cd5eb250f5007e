/** What the page shows of questions. */

import type { DropReason, InvalidReason, Question, VoteGroup } from '../../types.ts';

/** A question as a line of the list. */
export interface QuestionRow {
  id: string;
  iteration: number;
  origin: Question['origin'];
  step: number;
  index: number;
  /** Text of the question, shortened; the start of the completion if there is no question. */
  text: string;
  invalid: InvalidReason | null;
  label: string | null;
  agreement: number | null;
  attempts: number;
  truth: string | null;
  labelCorrect: boolean | null;
  /** Null: kept, or not decided yet (`decided`). */
  dropped: DropReason | null;
  decided: boolean;
  /** The domain's measure of difficulty; null without one. */
  difficulty: number | null;
}

export const QUESTION_SORTS = ['order', 'agreement', 'difficulty', 'length', 'attempts'] as const;
export type QuestionSort = (typeof QUESTION_SORTS)[number];

/** Filters of the list; absent fields do not filter. */
export interface QuestionQuery {
  /** Only questions whose text, label or truth contains this, in any case. */
  search?: string;
  iterations?: number[];
  origin?: Question['origin'];
  /** Bounds of the agreement, inclusive. */
  agreement?: [low: number, high: number];
  /** `kept`, or the reason for which it was dropped. */
  verdict?: 'kept' | DropReason;
  /** `right`, `wrong`: the label by the oracle. `ill-posed`: the oracle has no answer. */
  label?: 'right' | 'wrong' | 'ill-posed';
  sort?: QuestionSort;
  descending?: boolean;
  offset?: number;
  /** At most 500. */
  limit?: number;
}

export interface QuestionPage {
  /** Number of questions that match. */
  total: number;
  rows: QuestionRow[];
}

/** One attempt; grouped by vote on the page. */
export interface AttemptView {
  index: number;
  completion: string;
  vote: string | null;
  tokens: number;
  stop: 'stop' | 'length';
}

/** The votes of one iteration on a text. */
export interface Moment {
  /** Id of the question that was voted on; null for a held-out question. */
  question: string | null;
  iteration: number;
  votes: VoteGroup[];
  unanswered: number;
  attempts: number;
  agreement: number;
  label: string | null;
}

export interface QuestionDetail extends QuestionRow {
  /** The whole text, and the whole completion of the Challenger. */
  fullText: string;
  completion: string;
  claimed: string | null;
  votes: VoteGroup[];
  unanswered: number;
  attemptsList: AttemptView[];
  /** Parts of the Challenger's reward for it, if it was posed in training; else null. */
  reward: { total: number | null; parts: Record<string, number>; advantage: number | null } | null;
  /** Rewards of the Solver's training groups on it. */
  training: { iteration: number; step: number; rewards: (number | null)[] }[];
  /** Number of similar questions of its batch (the cluster that lowers the reward); null if unknown. */
  cluster: { size: number; others: string[] } | null;
  /** The same text in all iterations, in order; contains this question. */
  history: Moment[];
}
