/**
 * Every dial of a run, with unit, default and source. `load.ts` merges scale preset, TOML files and
 * `--set a.b=v` over these defaults; the *resolved* config is stored with the run and is all that a
 * stage ever reads.
 */

import { z } from 'zod';

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();

const sampling = {
  /** Softmax temperature. */
  temperature: z.number().min(0).max(5).default(1),
  /** Nucleus share; 1 is off. */
  topP: z.number().gt(0).max(1).default(1),
  /** 0 is off. */
  topK: countOrZero.default(0),
  /** Most new tokens of one completion. */
  maxTokens: count.default(96),
};

const optimizer = {
  /** AdamW step size. */
  learningRate: positive.default(2e-4),
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-8),
  /** Decoupled (paper: 0.01). */
  weightDecay: z.number().nonnegative().default(0.01),
  /** Global gradient-norm limit (paper: 1.0); 0 is off. */
  clip: z.number().nonnegative().default(1),
};

/** GRPO dials; spec/r-zero 1.7 and the variants table of the engines spec. */
const grpo = {
  /** Divide a group's centred rewards by their standard deviation (paper: true). */
  normalizeStd: z.boolean().default(true),
  clipLow: positive.default(0.2),
  clipHigh: positive.default(0.3),
  /** Upper limit of the ratio where the advantage is negative; 0 is off. */
  dualClip: z.number().nonnegative().default(3),
  /** Weight of the k3 KL to the phase's start (paper: 0.01). */
  klWeight: z.number().nonnegative().default(0.01),
  /** How token losses become one number. */
  aggregation: z.enum(['token-mean', 'sequence-mean']).default('token-mean'),
  /** Leave out groups whose rewards are all equal. */
  dropZeroVariance: z.boolean().default(true),
  /** Optimizer updates per step: the step's groups are split into this many mini-batches. */
  updates: count.default(1),
};

const challenger = z.strictObject({
  ...sampling,
  ...optimizer,
  ...grpo,
  learningRate: positive.default(1e-4),
  /** False keeps the base as Challenger (the paper's "base Challenger" baseline). */
  train: z.boolean().default(true),
  steps: countOrZero.default(5),
  /** Prompts per step (all identical: groups only share a baseline). */
  groups: count.default(32),
  groupSize: z.number().int().min(2).default(4),
  /** Solver attempts per question for the uncertainty reward (paper: 10). */
  votes: z.number().int().min(2).default(10),
  /** `paper`: 1 - 2|p - 1/2|; `repo`: min(p, 1 - p). */
  uncertainty: z.enum(['paper', 'repo']).default('paper'),
  /** Weight of the repetition penalty (paper: 1). */
  repetitionWeight: z.number().nonnegative().default(1),
  /** Cluster distance threshold, 1 - BLEU (paper: 0.5). */
  repetitionThreshold: share.default(0.5),
});

const pool = z.strictObject({
  ...sampling,
  /** Completions sampled from the Challenger (paper: 8000). */
  questions: count.default(500),
  /** Completions committed at once: what a kill can lose. */
  chunk: count.default(250),
  /** Drop exact repeats of an earlier question of the run. */
  dropDuplicates: z.boolean().default(true),
});

const votes = z.strictObject({
  ...sampling,
  topK: countOrZero.default(40),
  /** Attempts per question (paper: 10). */
  count: z.number().int().min(2).default(10),
  /** Questions committed at once. */
  chunk: count.default(100),
});

const filter = z
  .strictObject({
    /** Band of agreement that is kept (paper: 3-7 of 10; code: 0.3-0.8). */
    minAgreement: share.default(0.3),
    maxAgreement: share.default(0.8),
    /** Fewer kept questions than this end the run cleanly. */
    minQuestions: count.default(16),
    /** Most questions kept; 0 is no limit. */
    maxQuestions: countOrZero.default(0),
  })
  .refine((band) => band.minAgreement <= band.maxAgreement, {
    path: ['minAgreement'],
    message: 'must not be above filter.maxAgreement',
  });

const solver = z.strictObject({
  ...sampling,
  ...optimizer,
  ...grpo,
  steps: countOrZero.default(15),
  /** Questions per step. */
  prompts: count.default(32),
  groupSize: z.number().int().min(2).default(8),
});

const evaluation = z.strictObject({
  ...sampling,
  /** Held-out questions; 0 skips evaluation. */
  questions: countOrZero.default(500),
  /** Sampled attempts per question: mean@k and majority@k. */
  samples: count.default(8),
  /** Also measure with the worked solution forced, where the domain can. */
  forced: z.boolean().default(true),
  /** Questions committed at once. */
  chunk: count.default(250),
});

export const engineSchema = z.strictObject({
  kind: z.enum(['local', 'scripted']).default('local'),
  /** 0: all cores. */
  threads: countOrZero.default(0),
  /** Sequences decoded at once. */
  slots: count.default(256),
  /** Tokens (padding included) per training micro-batch. */
  microBatchTokens: count.default(4096),
});

/** The whole config. Unknown keys are refused (strict at every level). */
export const configSchema = z.strictObject({
  /** Hugging Face folder of the base model. */
  model: z.string().min(1).default('models/arith-base'),
  domain: z.enum(['arithmetic', 'math']).default('arithmetic'),
  scale: z.enum(['tiny', 'small', 'paper']).default('small'),
  iterations: count.default(3),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Where runs lie. */
  runsDir: z.string().min(1).default('runs'),
  engine: engineSchema.prefault({}),
  challenger: challenger.prefault({}),
  pool: pool.prefault({}),
  votes: votes.prefault({}),
  filter: filter.prefault({}),
  solver: solver.prefault({}),
  evaluation: evaluation.prefault({}),
});

/** A resolved config: every key present. */
export type RunConfig = z.output<typeof configSchema>;
/** What a user may write: any subset. */
export type ConfigInput = z.input<typeof configSchema>;
export type GrpoConfig = Pick<
  RunConfig['solver'],
  'normalizeStd' | 'clipLow' | 'clipHigh' | 'dualClip' | 'klWeight' | 'aggregation' | 'dropZeroVariance' | 'updates'
>;
