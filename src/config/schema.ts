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
  temperature: z.number().min(0).max(5).default(1).describe('Softmax temperature.'),
  topP: z.number().gt(0).max(1).default(1).describe('Nucleus share; 1 is off.'),
  topK: countOrZero.default(0).describe('Only this many likeliest tokens; 0 is off.'),
  maxTokens: count.default(96).describe('Most new tokens of one completion.'),
};

const optimizer = {
  learningRate: positive.default(2e-4).describe('AdamW step size.'),
  beta1: share.default(0.9).describe('Decay of the gradient mean.'),
  beta2: share.default(0.999).describe('Decay of the squared-gradient mean.'),
  epsilon: positive.default(1e-8).describe('Added to the root of the squared-gradient mean.'),
  weightDecay: z.number().nonnegative().default(0.01).describe('Decoupled weight decay (paper: 0.01).'),
  clip: z.number().nonnegative().default(1).describe('Global gradient-norm limit (paper: 1.0); 0 is off.'),
};

/** GRPO dials; spec/r-zero 1.7 and the variants table of the engines spec. */
const grpo = {
  normalizeStd: z
    .boolean()
    .default(true)
    .describe("Divide a group's centred rewards by their standard deviation (paper: true)."),
  clipLow: positive.default(0.2).describe('The ratio counts down to 1 - clipLow (paper: 0.2).'),
  clipHigh: positive.default(0.3).describe('The ratio counts up to 1 + clipHigh (paper: 0.3).'),
  dualClip: z
    .number()
    .nonnegative()
    .default(3)
    .describe('Upper limit of the ratio where the advantage is negative; 0 is off.'),
  klWeight: z.number().nonnegative().default(0.01).describe("Weight of the k3 KL to the phase's start (paper: 0.01)."),
  aggregation: z
    .enum(['token-mean', 'sequence-mean'])
    .default('token-mean')
    .describe('How token losses become one number.'),
  dropZeroVariance: z.boolean().default(true).describe('Leave out groups whose rewards are all equal.'),
  updates: count
    .default(1)
    .describe("Optimizer updates per step: the step's groups are split into this many mini-batches."),
};

const challenger = z.strictObject({
  ...sampling,
  ...optimizer,
  ...grpo,
  learningRate: positive.default(1e-4).describe('AdamW step size (paper: 1e-6).'),
  train: z
    .boolean()
    .default(true)
    .describe("False keeps the base as Challenger (the paper's baseline 'base Challenger')."),
  steps: countOrZero.default(5).describe('Training steps in an iteration (paper: 5).'),
  groups: count.default(32).describe('Prompts per step (all identical: groups only share a baseline).'),
  groupSize: z.number().int().min(2).default(4).describe('Rollouts of one prompt (paper: 4).'),
  votes: z
    .number()
    .int()
    .min(2)
    .default(10)
    .describe('Solver attempts per question for the uncertainty reward (paper: 10).'),
  uncertainty: z.enum(['paper', 'repo']).default('paper').describe('`paper`: 1 - 2|p - 1/2|; `repo`: min(p, 1 - p).'),
  repetitionWeight: z.number().nonnegative().default(1).describe('Weight of the repetition penalty (paper: 1).'),
  repetitionThreshold: share.default(0.5).describe('Cluster distance threshold, 1 - BLEU (paper: 0.5).'),
});

const pool = z.strictObject({
  ...sampling,
  questions: count.default(500).describe('Completions sampled from the Challenger (paper: 8000).'),
  chunk: count.default(250).describe('Completions committed at once: what a kill can lose.'),
  dropDuplicates: z.boolean().default(true).describe('Drop exact repeats of an earlier question of the run.'),
});

const votes = z.strictObject({
  ...sampling,
  topK: countOrZero.default(40).describe('Only this many likeliest tokens; 0 is off (paper: 40).'),
  count: z.number().int().min(2).default(10).describe('Attempts per question (paper: 10).'),
  chunk: count.default(100).describe('Questions committed at once.'),
});

const filter = z
  .strictObject({
    minAgreement: share
      .default(0.3)
      .describe('Lower end of the band of agreement that is kept (paper: 3-7 of 10; code: 0.3-0.8).'),
    maxAgreement: share.default(0.8).describe('Upper end of the band.'),
    minQuestions: count.default(16).describe('Fewer kept questions than this end the run cleanly.'),
    maxQuestions: countOrZero.default(0).describe('Most questions kept; 0 is no limit.'),
  })
  .refine((band) => band.minAgreement <= band.maxAgreement, {
    path: ['minAgreement'],
    message: 'must not be above filter.maxAgreement',
  });

const solver = z.strictObject({
  ...sampling,
  ...optimizer,
  ...grpo,
  steps: countOrZero.default(15).describe('Training steps in an iteration (paper: 15).'),
  prompts: count.default(32).describe('Questions per step.'),
  groupSize: z.number().int().min(2).default(8).describe('Rollouts of one question (paper: 5).'),
});

const evaluation = z.strictObject({
  ...sampling,
  questions: countOrZero.default(500).describe('Held-out questions; 0 skips evaluation.'),
  samples: count.default(8).describe('Sampled attempts per question: mean@k and majority@k.'),
  forced: z.boolean().default(true).describe('Also measure with the worked solution forced, where the domain can.'),
  chunk: count.default(250).describe('Questions committed at once.'),
});

export const engineSchema = z.strictObject({
  kind: z
    .enum(['local', 'scripted'])
    .default('local')
    .describe('What samples and trains; scripted plays fixed texts, for tests.'),
  threads: countOrZero.default(0).describe('0: all cores.'),
  slots: count.default(256).describe('Sequences decoded at once.'),
  microBatchTokens: count.default(4096).describe('Tokens (padding included) per training micro-batch.'),
});

/** The whole config. Unknown keys are refused (strict at every level). */
export const configSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .default('models/arith-base')
    .describe('Base model: a Hugging Face folder, or a name on the hub.'),
  domain: z.enum(['arithmetic', 'math']).default('arithmetic').describe('What the two players play about.'),
  scale: z.enum(['tiny', 'small', 'paper']).default('small').describe('Preset that everything else starts from.'),
  iterations: count.default(3).describe('Times that Challenger and Solver take turns (paper: 3).'),
  seed: z.number().int().min(0).max(0xffffffff).default(1).describe('All randomness of the run derives from it.'),
  runsDir: z.string().min(1).default('runs').describe('Where runs lie.'),
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
