/** What the page shows of questions. */

import type { DropReason, Estimate, InvalidReason, Question, VoteGroup } from '../../types.ts';

/** A question as a line of the list. */
export interface QuestionRow {
  id: string;
  iteration: number;
  origin: Question['origin'];
  step: number;
  index: number;
  /** Text of the question, shortened; the start of the completion if there is no question. */
  text: string;
  /** Length of the whole text, in characters. */
  length: number;
  invalid: InvalidReason | null;
  label: string | null;
  agreement: number | null;
  attempts: number;
  /** Attempts of each group of equal votes, largest first; the groups after the seventh are one number. */
  bars: number[];
  /** Attempts without an answer. */
  unanswered: number;
  truth: string | null;
  labelCorrect: boolean | null;
  /** The domain has an oracle, which has no answer to the question. */
  illPosed: boolean;
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
  /** Number of questions of the run. */
  all: number;
  /** Iterations that have questions. */
  iterations: number[];
  /** Unit of `difficulty`, e.g. `operations`; null if the domain has no measure of it. */
  unit: string | null;
}

/** One attempt; grouped by vote on the page. */
export interface AttemptView {
  index: number;
  completion: string;
  vote: string | null;
  tokens: number;
  stop: 'stop' | 'length';
  /** Other words in which the question was asked; null: its own. */
  wording: string | null;
}

/** The votes of one iteration on a text. */
export interface Moment {
  /** Id of the question that was voted on. */
  question: string;
  origin: Question['origin'];
  iteration: number;
  votes: VoteGroup[];
  unanswered: number;
  attempts: number;
  agreement: number;
  label: string | null;
}

/** What stands in for votes in an open domain. */
export interface OpenScores {
  /** Scores of the responses by scorer, in the order of the attempts; empty with hints. */
  scores: Record<string, number[]>;
  /** δ of the hint (nats per token); null without hints, and for an empty response. */
  shift: number | null;
}

export interface QuestionDetail extends QuestionRow {
  /** The whole text, and the whole completion of the Challenger. */
  fullText: string;
  completion: string;
  claimed: string | null;
  votes: VoteGroup[];
  unanswered: number;
  attemptsList: AttemptView[];
  /** Null for a question that got votes, or none. */
  open: OpenScores | null;
  /** Parts of the Challenger's reward for it, if it was posed in training; else null. */
  reward: { total: number | null; parts: Record<string, number>; advantage: number | null } | null;
  /** Rewards of the Solver's training groups on it. */
  training: { iteration: number; step: number; rewards: (number | null)[] }[];
  /**
   * Questions of its batch that are similar to it. `reward`: the cluster of its training step, which lowers the reward;
   * `near`: questions of its pool within the same distance. Null for an invalid question.
   */
  cluster: { kind: 'reward' | 'near'; of: number; size: number; others: { id: string; text: string }[] } | null;
  /** The same text in all iterations, in order; contains this question. */
  history: Moment[];
  unit: string | null;
}

/** A measured quantity of many questions. */
export interface Spread {
  /** Number of questions that have the quantity. */
  n: number;
  /** With its 95 % interval; zeros if there are no questions. */
  mean: Estimate;
  /** Number of questions per bin of `PoolsView.edges`. */
  bins: number[];
}

/** A share of questions with its 95 % interval; null without questions. */
export type Share = { of: number; share: Estimate } | null;

/** The pool of one iteration, to compare it with the others. */
export interface PoolView {
  iteration: number;
  posed: number;
  valid: number;
  /** Of the labelled questions. */
  kept: Share;
  /** Of the valid questions: the oracle has no answer. Null without an oracle. */
  illPosed: Share;
  /** Of the kept questions: the label equals the truth. Null without an oracle. */
  labelRight: Share;
  /** Code computed the labels, so that none is checked. */
  computed: boolean;
  agreement: Spread;
  difficulty: Spread | null;
  length: Spread;
  /** Similarity (BLEU, 0..1) to the nearest other question of the same pool. */
  alike: Spread;
  /** Similarity (BLEU, 0..1) to the nearest question of the earlier pools; null for the first pool. */
  familiar: Spread | null;
  /** Closest to all others of the pool, and farthest from them. */
  typical: QuestionRow[];
  unusual: QuestionRow[];
}

export interface PoolsView {
  unit: string | null;
  /** Whether the domain has an oracle. */
  hasOracle: boolean;
  /** Bounds of the bins, one more than bins. */
  edges: { agreement: number[]; difficulty: number[]; length: number[]; similarity: number[] };
  pools: PoolView[];
  /** Number of questions per pool that similarities are computed over. */
  sampled: number;
}

/** The votes of one iteration on a held-out question. */
export interface HeldOutMoment {
  /** 0: the base model. */
  iteration: number;
  /** Groups of equal votes, right ones first, then largest first. */
  groups: { answer: string; count: number; right: boolean }[];
  unanswered: number;
  attempts: number;
  /** Share of right attempts. */
  score: number;
  majority: boolean;
  greedy: boolean;
}

export interface HeldOutRow {
  id: string;
  /** Null if the questions are not at hand: a domain of your own is not loaded to look at a run. */
  text: string | null;
  answer: string | null;
  moments: HeldOutMoment[];
}

/** The held-out test with the votes of every iteration. */
export interface HeldOutView {
  task: string;
  iterations: number[];
  rows: HeldOutRow[];
}
