/**
 * The nouns of R-Zero, shared by every room of the house. Only data: no behaviour.
 *
 * A *question* is what the Challenger poses; an *attempt* is one sampled answer of the Solver; its
 * final answer is its *vote*; the majority vote is the *label*; *agreement* is the share of attempts
 * in the majority. The *pool* holds raw questions, the *curriculum* those kept for training.
 */

import type { ROLES, STAGES } from './roles.ts';

/** A trained role of this program (`roles.ts`). */
export type Role = (typeof ROLES)[number]['name'];

/** The numbered stages, in the paper's order; `baseline` evaluates the base model before iteration 1. */
export type Stage = 'baseline' | (typeof STAGES)[number];

/** Any other name. Editors still complete the known names. */
export type OtherName = string & Record<never, never>;
/** A role as data carries it: one of this program, or one that a caller adds to the table. */
export type RoleName = Role | OtherName;
/** A stage as data carries it. */
export type StageName = Stage | OtherName;

/** The matrices of a decoder's layer that a low-rank adapter can stand on, as PEFT names them. */
export const ADAPTER_TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type AdapterTarget = (typeof ADAPTER_TARGETS)[number];

/** A low-rank adapter (LoRA): what it adds is a product of this rank, times alpha over rank. */
export interface AdapterShape {
  rank: number;
  alpha: number;
  /** In the order of `ADAPTER_TARGETS`, each once. */
  targets: readonly AdapterTarget[];
}

/** A chat message, as Hugging Face chat templates take it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Why a Challenger's completion holds no usable question. */
export type InvalidReason = 'no-question' | 'no-answer' | 'truncated' | 'ill-formed';

/** What the Challenger posed, usable or not. */
export interface Question {
  /** Unique within the run, e.g. `q-2-pool-17`. */
  id: string;
  /** 1-based. */
  iteration: number;
  /** Posed while the Challenger trained, or for the pool. */
  origin: 'training' | 'pool';
  /** Step (training) or chunk (pool) in which it was posed, 0-based. */
  step: number;
  /** Position within the step. */
  index: number;
  /** The question's text; empty when there is none. */
  text: string;
  /** The answer that the Challenger claims, never trusted. */
  claimed: string | null;
  /** The whole completion. */
  completion: string;
  invalid: InvalidReason | null;
}

/** A question with a known answer: from a data file or from a domain's generator. */
export interface AnsweredQuestion {
  text: string;
  answer: string;
}

/** One sampled answer of the Solver to one question. */
export interface Attempt {
  questionId: string;
  index: number;
  completion: string;
  /** The final answer as extracted, or null when there is none (data, never an error). */
  vote: string | null;
  tokens: number;
  stop: 'stop' | 'length';
}

/** One class of equal votes. */
export interface VoteGroup {
  answer: string;
  count: number;
  /** Sum of its votes' weights; equals `count` where every vote has weight 1. */
  weight: number;
}

/** The Solver's votes on one question. */
export interface VoteTally {
  /** Heaviest first; ties in order of first appearance. */
  groups: VoteGroup[];
  /** Majority answer; null when no attempt has an answer. */
  label: string | null;
  /** Weight of the majority / weight of all attempts, 0..1: with equal weights, the share of attempts. */
  agreement: number;
  /** Attempts without an extractable answer. */
  unanswered: number;
  attempts: number;
}

/**
 * Why a question of the pool did not enter the curriculum; `held-out`: it is one of the test's; `near-earlier`:
 * it resembles one of an earlier iteration; `forbidden-text`: it or its label contains what the config forbids;
 * `no-truth`: labels come from the oracle, and it cannot read this one.
 */
export type DropReason =
  | 'invalid'
  | 'held-out'
  | 'duplicate'
  | 'near-earlier'
  | 'no-answer'
  | 'forbidden-text'
  | 'too-easy'
  | 'too-hard'
  | 'no-truth'
  | 'surplus';

/** A pool question with its label and the filter's verdict. */
export interface LabelledQuestion {
  question: Question;
  tally: VoteTally;
  /** Null: kept for the curriculum. */
  dropped: DropReason | null;
  /** Oracle's answer where the domain can compute one: for audits, and the label of a run with `labels = "oracle"`. */
  truth: string | null;
  /** label equals truth; null when there is no truth or no label. */
  labelCorrect: boolean | null;
}

/** One completion of a training group, with what its reward was made of. */
export interface Rollout {
  completion: string;
  tokens: number;
  stop: 'stop' | 'length';
  reward: number;
  /** Named parts of the reward, e.g. `uncertainty`, `repetition`, `format`, `correct`. */
  parts: Record<string, number>;
  advantage: number;
}

/** All rollouts of one prompt in one training step. */
export interface RolloutGroup {
  role: RoleName;
  iteration: number;
  step: number;
  group: number;
  prompt: string;
  /** The label that the Solver's rollouts were graded against; null for the Challenger. */
  label: string | null;
  rollouts: Rollout[];
}

/** A share with its 95 % interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** One held-out evaluation. */
export interface EvalResult {
  /** 0 is the base model. */
  iteration: number;
  task: string;
  questions: number;
  samples: number;
  /** mean@k over sampled attempts; interval clustered by question. */
  mean: Estimate;
  majority: Estimate;
  greedy: Estimate;
  /** mean@k with the worked solution forced, where the domain has such a prefix. */
  forced: Estimate | null;
  /** Share of sampled attempts that show worked steps, where the domain can tell. */
  worked: number | null;
  meanTokens: number;
  truncated: number;
  /** Mean score of every question, in test order (for paired comparisons). */
  perQuestion: number[];
  perQuestionForced: number[] | null;
}

/** The next unit of work of a run: everything before it is durable. */
export interface Cursor {
  /** 0 for `baseline`, then 1-based. */
  iteration: number;
  stage: StageName | 'done';
  /** Steps (or chunks) of the stage already committed. */
  step: number;
}

/** What is watched for signs of collapse; `loop/watch/thresholds.ts` says how. */
export type MonitorName = 'entropy' | 'clusters' | 'length' | 'unanswered' | 'zero-variance' | 'agreement-gap';

/** Something that a run noticed, and what it did about it on its own. */
export interface Notice {
  iteration: number;
  stage: StageName;
  /** Step of the stage, 0-based. */
  step: number;
  about: MonitorName | 'too-few-questions';
  /** `warn`: nothing; `stop`, `end`: the run ended; `rollback`: weights went back; `widen`, `generate`: more questions. */
  action: 'warn' | 'stop' | 'rollback' | 'end' | 'widen' | 'generate';
  /** The number that was looked at, and the limit that it passed. */
  value: number;
  limit: number;
  /** All of it for people. */
  message: string;
}

/** One metric value; names follow TRL under `challenger/`, `solver/`, `pool/`, `eval/`, `time/`. */
export interface Metric {
  iteration: number;
  stage: StageName;
  step: number;
  name: string;
  value: number;
}
