/** `rzero/answers`: compares answers, counts votes, and finds the final answer in a text. */

export type { VoteGroup, VoteTally } from '../types.ts';
export { compareAnswers, type Comparer } from './compare/equal.ts';
export {
  createGrader,
  type EqualRule,
  type Grader,
  type GraderOptions,
  type Vote,
  type WeightedVote,
} from './grader.ts';
export { type Mode, type Rules, rulesOf } from './mode.ts';
export { type Convention, CONVENTIONS, extractAnswer, type Extraction } from './read/conventions.ts';
export { lastBoxed } from './read/extract.ts';
export type { Sides } from './read/relation.ts';
export type { LenientReason, Verdict, VerdictReason } from './verdict.ts';
export type { Interruption } from './workers/evaluators.ts';
export type { WorkerPoolOptions } from './workers/worker-pool.ts';
