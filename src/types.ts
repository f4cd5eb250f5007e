/**
 * The data types of R-Zero, shared by all modules.
 *
 * The Challenger poses a *question*. An *attempt* is one sampled completion of the Solver, and its final answer is its
 * *vote*. The majority vote is the *label*. *Agreement* is the share of attempts in the majority. The *pool* contains
 * the raw questions of an iteration, the *curriculum* those kept for training.
 */

import type { ALL_ROLES, ROLES, STAGES, VERIFIER_STAGES } from './roles.ts';

/** A role of every run (`roles.ts`). */
export type Role = (typeof ROLES)[number]['name'];

/** A role whose weights a run may have: those of every run, and the Verifier. */
export type ModelRole = (typeof ALL_ROLES)[number]['name'];

/** The stages, in the paper's order. `baseline` evaluates the base model before iteration 1. */
export type Stage = 'baseline' | (typeof STAGES)[number] | (typeof VERIFIER_STAGES)[number];

/** Any other name. Editors still complete the known names. */
export type OtherName = string & Record<never, never>;
/** A role in stored data: one of this program, or one that a caller adds to the table. */
export type RoleName = ModelRole | OtherName;
/** A stage in stored data. */
export type StageName = Stage | OtherName;

/** The matrices of a decoder layer that can have a low-rank adapter, named as in PEFT. */
export const ADAPTER_TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
export type AdapterTarget = (typeof ADAPTER_TARGETS)[number];

/** A low-rank adapter (LoRA). It adds a product of this rank, scaled by alpha / rank. */
export interface AdapterShape {
  rank: number;
  alpha: number;
  /** In the order of `ADAPTER_TARGETS`, each once. */
  targets: readonly AdapterTarget[];
}

/** A chat message, in the form of Hugging Face chat templates. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * Why a Challenger's completion contains no usable question. `ill-posed`: the domain's grammar cannot read it, and the
 * run refuses such questions (`illPosed = "refuse"`). `not-computable`: its program gives no value, or not always the same.
 * `no-hint`: a task of an open domain comes without the hint that the domain asks for.
 */
export type InvalidReason =
  | 'no-question'
  | 'no-answer'
  | 'no-hint'
  | 'truncated'
  | 'ill-formed'
  | 'ill-posed'
  | 'not-computable';

/** A question of the Challenger, usable or not. */
export interface Question {
  /** Unique within the run, e.g. `q-2-pool-17`. */
  id: string;
  /** 1-based. */
  iteration: number;
  /** Posed during the Challenger's training, or for the pool. */
  origin: 'training' | 'pool';
  /** Step (training) or chunk (pool) in which it was posed, 0-based. */
  step: number;
  /** Position within the step (training) or within the pool. */
  index: number;
  /** Text of the question; empty if there is none. */
  text: string;
  /** Answer that the Challenger claims. It is not trusted. */
  claimed: string | null;
  /** The whole completion. */
  completion: string;
  invalid: InvalidReason | null;
}

/** A question with a known answer: from a data file or from a domain's generator. */
export interface QuestionWithAnswer {
  text: string;
  /** The label in training. */
  answer: string;
  /** Other acceptable answers. */
  also?: readonly string[];
}

/** One sampled completion of the Solver for one question. */
export interface Attempt {
  questionId: string;
  index: number;
  completion: string;
  /** Extracted final answer; null if there is none. */
  vote: string | null;
  /** Length of the completion, in tokens. */
  tokens: number;
  /** `length`: cut off at the token limit. */
  stop: 'stop' | 'length';
  /** Other words in which the question was asked; absent: its own. The vote is mapped back to the question. */
  wording?: string;
}

/** One group of equal votes. */
export interface VoteGroup {
  answer: string;
  count: number;
  /** Sum of the weights of its votes; equals `count` if every vote has weight 1. */
  weight: number;
}

/** The Solver's votes on one question. */
export interface VoteTally {
  /** Heaviest first; ties in order of first appearance. */
  groups: VoteGroup[];
  /** Majority answer; null if no attempt has an answer. */
  label: string | null;
  /** Weight of the majority / weight of all attempts, 0..1. With equal weights, the share of attempts. */
  agreement: number;
  /** Attempts without an extractable answer. */
  unanswered: number;
  attempts: number;
}

/**
 * Why a pool question is not in the curriculum. `held-out`: it is in the test. `near-earlier`: it is similar to one of
 * an earlier iteration. `forbidden-text`: it or its label contains text that the config forbids. `no-truth`: labels come
 * from the oracle, which cannot answer it. `surplus`: it exceeds `filter.maxQuestions`. `unreadable`: it has no other
 * wordings. `views-disagree`: the votes on them name another answer. `verifier-rejects`: the Verifier does not accept its label.
 *
 * For open domains: `low-spread`, `high-spread`: the spread of the scores, or δ of the hint, is below or above the band.
 * `no-shift`: there is no δ, because a response is empty or its prompts do not fit into the context. The others are faults of the response after the hint
 * (`scoring/g-zero/structure.ts`).
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
  | 'unreadable'
  | 'views-disagree'
  | 'verifier-rejects'
  | 'low-spread'
  | 'high-spread'
  | 'no-shift'
  | 'too-short'
  | 'too-long'
  | 'longer-than-rejected'
  | 'repetitive'
  | 'repeats-task'
  | 'role-marker'
  | 'surplus';

/** A pool question with its label and the filter's verdict. */
export interface LabelledQuestion {
  question: Question;
  tally: VoteTally;
  /** Null: kept in the curriculum. */
  dropped: DropReason | null;
  /** The oracle's answer, for audits, and the label with `labels = "oracle"`; null without one. */
  truth: string | null;
  /** Whether the label equals the truth; null without truth or label. */
  labelCorrect: boolean | null;
}

/** One completion of a training group, with its reward. */
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
  /** Label for grading the Solver's rollouts; null for the Challenger. */
  label: string | null;
  rollouts: Rollout[];
}

/** A share with its 95 % confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** Result of one evaluation on a held-out test. */
export interface EvalResult {
  /** 0 = the base model. */
  iteration: number;
  task: string;
  questions: number;
  samples: number;
  /** mean@k over sampled attempts. The interval is clustered by question. */
  mean: Estimate;
  majority: Estimate;
  greedy: Estimate;
  /** mean@k with forced worked steps; null if the domain has no prefix for them. */
  forced: Estimate | null;
  /** Share of sampled attempts with worked steps; null if the domain cannot detect them. */
  worked: number | null;
  meanTokens: number;
  truncated: number;
  /** Mean score of every question in test order, for paired comparisons. */
  perQuestion: number[];
  perQuestionForced: number[] | null;
}

/** What responses of a model to the held-out tasks of an open domain are like. Audits alone use it. */
export interface QualityResult {
  /** 0 = the base model. */
  iteration: number;
  tasks: number;
  /** Responses per task. */
  samples: number;
  /** Mean hidden quality of a response, 0..1, with its interval over tasks; null if the domain has none. */
  mean: Estimate | null;
  /** Mean of each hidden criterion by its name, 0..1. */
  byCriterion: Record<string, number>;
  /** Mean over the tasks of distinct bigrams / all bigrams of their responses. */
  variety: number;
  /** Mean length of a response, in characters. */
  characters: number;
  /** Mean log-probability of a token under the base model (nats). */
  likelihood: number;
  /** Mean bigram overlap of a response with the others to its task, 0..1. */
  consensus: number;
  /** Responses that the token limit cut off. */
  truncated: number;
  /** Mean quality of every task in order, for paired comparisons; empty if the domain has none. */
  perTask: number[];
}

/** The next step of a run. Everything before it is committed. */
export interface Cursor {
  /** 0 for `baseline`, then 1-based. */
  iteration: number;
  stage: StageName | 'done';
  /** Steps (or chunks) of the stage already committed. */
  step: number;
}

/** Metrics that are watched for signs of collapse (`loop/watch/thresholds.ts`). */
export type MonitorName =
  | 'entropy'
  | 'clusters'
  | 'length'
  | 'unanswered'
  | 'zero-variance'
  | 'agreement-gap'
  | 'judge-gap'
  | 'one-verdict'
  | 'corruptions'
  | 'variety';

/** Something that a monitor or the filter observed, and what the run did about it. */
export interface Notice {
  iteration: number;
  stage: StageName;
  /** Step of the stage, 0-based. */
  step: number;
  about: MonitorName | 'too-few-questions' | 'past-end' | 'entrance-test';
  /** `warn`: nothing; `stop`, `end`: the run ended; `rollback`: weights were reset; `widen`, `generate`: more questions. */
  action: 'warn' | 'stop' | 'rollback' | 'end' | 'widen' | 'generate';
  /** The observed value. `limit` is the limit that it passed. */
  value: number;
  limit: number;
  /** Message for display. */
  message: string;
}

/** Where the local engine runs models: on the processor, or on a GPU. */
export type DeviceName = 'cpu' | 'webgpu';

/** Work of an engine in requests and tokens, with its cost if prices are known. */
export interface EngineUsage {
  requests: number;
  sampledTokens: number;
  prefilledTokens: number;
  /** Tokens of forward and backward passes. */
  trainedTokens: number;
  /** In the currency of the configured prices; null without prices. */
  cost: number | null;
}

/** One metric value; names follow TRL under `challenger/`, `solver/`, `pool/`, `eval/`, `time/`, `usage/`. */
export interface Metric {
  iteration: number;
  stage: StageName;
  step: number;
  name: string;
  value: number;
}
