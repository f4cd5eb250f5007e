/**
 * Every dial of a run, with unit, default and source. `load.ts` merges scale preset, TOML files and
 * `--set a.b=v` over these defaults; the *resolved* config is stored with the run and is all that a
 * stage ever reads.
 */

import { z } from 'zod';
import { ADAPTER_TARGETS } from '../types.ts';
import { grpo, refuseContradictions } from './grpo-dials.ts';

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();

const sampling = {
  temperature: z.number().min(0).max(5).default(1).describe('Softmax temperature.'),
  topP: z.number().gt(0).max(1).default(1).describe('Nucleus share; 1 is off.'),
  topK: countOrZero.default(0).describe('Only this many likeliest tokens; 0 is off.'),
  minP: share.default(0).describe("Only tokens with this share of the likeliest one's probability; 0 is off."),
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

const challenger = z
  .strictObject({
    ...sampling,
    ...optimizer,
    ...grpo,
    learningRate: positive.default(1e-4).describe('AdamW step size (paper: 1e-6).'),
    train: z
      .boolean()
      .default(true)
      .describe("False keeps the base as Challenger (the paper's baseline 'base Challenger')."),
    steps: countOrZero.default(5).describe('Training steps in an iteration (paper: 5; code: 6, of which 5 are used).'),
    groups: count.default(32).describe('Prompts per step (all identical: groups only share a baseline).'),
    groupSize: z.number().int().min(2).default(4).describe('Rollouts of one prompt (paper: 4).'),
    votes: z
      .number()
      .int()
      .min(2)
      .default(10)
      .describe('Solver attempts per question for the uncertainty reward (paper: 10).'),
    uncertainty: z
      .enum(['paper', 'repo'])
      .default('paper')
      .describe('`paper`: 1 - 2|p - 1/2|; `repo`: min(p, 1 - p), half of it.'),
    floorAtZero: z
      .boolean()
      .default(true)
      .describe(
        'True (paper): max(0, uncertainty - repetition), and 0 for an invalid question; false (code): uncertainty - repetition as it is, and -1 - repetition for an invalid question.',
      ),
    claimGate: z
      .enum(['off', 'answer', 'last-character'])
      .default('off')
      .describe(
        "Pay no uncertainty unless more than a tenth agrees and the majority is the Challenger's own answer: never; the answer as it is boxed; or only its last character, as the code compared until 2025-12-10.",
      ),
    answerRequired: z
      .boolean()
      .default(true)
      .describe('A question of a training step without any box is invalid (code: false; an empty box always is).'),
    repetitionWeight: z.number().nonnegative().default(1).describe('Weight of the repetition penalty (paper: 1).'),
    repetitionThreshold: share.default(0.5).describe('Cluster distance threshold, 1 - BLEU (paper: 0.5).'),
  })
  .superRefine(refuseContradictions);

const pool = z.strictObject({
  ...sampling,
  questions: count.default(800).describe('Completions sampled from the Challenger (paper: 8000).'),
  chunk: count.default(250).describe('Completions committed at once: what a kill can lose.'),
  dropDuplicates: z.boolean().default(true).describe('Drop exact repeats of an earlier question of the run.'),
});

const votes = z.strictObject({
  ...sampling,
  topK: countOrZero.default(40).describe('Only this many likeliest tokens; 0 is off (paper: 40).'),
  count: z.number().int().min(2).default(10).describe('Attempts per question when labelling (paper: 10; code: 9).'),
  noneIsVote: z
    .boolean()
    .default(false)
    .describe(
      'Attempts without a box vote for the answer "None" (code: true); when labelling, such a majority is no label.',
    ),
  noIsNo: z
    .boolean()
    .default(false)
    .describe('Votes that both contain "no " are equal, whatever else they say (code: true).'),
  countUnanswered: z
    .boolean()
    .default(true)
    .describe('When labelling, agreement is a share of all attempts; false (code): of those with an answer.'),
  chunk: count.default(100).describe('Questions committed at once.'),
});

const filter = z
  .strictObject({
    minAgreement: share
      .default(0.3)
      .describe('Lower end of the band of agreement that is kept (paper: 3-7 of 10; code: 0.3-0.8).'),
    maxAgreement: share.default(0.8).describe('Upper end of the band.'),
    forbiddenInQuestion: z
      .array(z.string().min(1))
      .default([])
      .describe('Drop questions that contain one of these, in any case (code: "证明", which is "prove", and "box").'),
    forbiddenInLabel: z
      .array(z.string().min(1))
      .default([])
      .describe('Drop questions whose majority answer contains one of these, in any case (code: "text").'),
    minQuestions: count.default(16).describe('Fewer kept questions than this are too few to train on (filter.tooFew).'),
    maxQuestions: countOrZero.default(0).describe('Most questions kept; 0 is no limit.'),
    tooFew: z
      .enum(['end', 'widen', 'generate'])
      .default('end')
      .describe('Where too few are kept: `end` the run cleanly, `widen` the band, or `generate` more questions.'),
    widenBy: share.default(0.1).describe('`widen`: both ends of the band move by this much at a time.'),
    widenMin: share.default(0.2).describe('`widen`: the lower end goes no lower.'),
    widenMax: share.default(0.9).describe('`widen`: the upper end goes no higher.'),
    generateUpTo: z
      .number()
      .min(1)
      .default(4)
      .describe('`generate`: pool.chunk more questions at a time, up to this multiple of pool.questions.'),
  })
  .refine((band) => band.minAgreement <= band.maxAgreement, {
    path: ['minAgreement'],
    message: 'must not be above filter.maxAgreement',
  });

const solver = z
  .strictObject({
    ...sampling,
    ...optimizer,
    ...grpo,
    steps: countOrZero
      .default(20)
      .describe('Training steps in an iteration (paper: 15; code: 20, of which 15 are used).'),
    prompts: count.default(48).describe('Questions per step.'),
    groupSize: z.number().int().min(2).default(8).describe('Rollouts of one question (paper: 5).'),
    thinkWeight: share
      .default(0)
      .describe(
        'Share of the reward that the form `<think>…</think>…\\boxed{…}` earns; the right answer earns the rest (paper: 0; code: 0.1).',
      ),
  })
  .superRefine(refuseContradictions);

const evaluation = z.strictObject({
  ...sampling,
  questions: countOrZero.default(500).describe('Held-out questions; 0 skips evaluation.'),
  samples: count
    .default(8)
    .describe(
      'Sampled attempts per question: mean@k and majority@k. At temperature 0 they are all the greedy one (code: 32 of those).',
    ),
  guessLetters: z
    .boolean()
    .default(false)
    .describe(
      'Where the right answer is a letter from A to J, an attempt without an answer counts as a random one of them (code: true, unseeded; here seeded).',
    ),
  forced: z.boolean().default(true).describe('Also measure with the worked solution forced, where the domain can.'),
  chunk: count.default(250).describe('Questions committed at once.'),
  tasks: z
    .array(z.string().min(1))
    .default([])
    .describe('Benchmarks after each iteration, too, e.g. ["gsm8k", "math500"]; see the guide on evaluation.'),
  dataDir: z.string().default('').describe('Folder with their data; empty: RZERO_DATA, else the Hugging Face hub.'),
  taskQuestions: countOrZero.default(0).describe('Only so many questions of each; 0: all.'),
});

const judge = z.strictObject({
  url: z.string().default('').describe('OpenAI-compatible endpoint that judges labels; empty is no judge.'),
  model: z
    .string()
    .default('')
    .describe("The judge's model, as its endpoint names it; empty is the only one that it has."),
  questions: count.default(50).describe('Kept questions that it is shown in an iteration, drawn by seed.'),
  maxTokens: count.default(2048).describe('Most new tokens of one verdict, its reasoning included.'),
  apiKeyEnv: z.string().default('').describe('Environment variable that holds the API key; empty sends none.'),
});

/** What is looked at beside a run and never decides anything in it. */
const audit = z.strictObject({
  planted: z
    .union([countOrZero, z.string().min(1)])
    .default(0)
    .describe(
      'Questions with known answers that are voted on beside the pool: a JSONL, JSON, CSV or Parquet file, or how many the domain shall make.',
    ),
  judge: judge.prefault({}),
});

/** Supervised training on given answers in the place of an evolution (`rzero finetune`). */
const finetune = z.strictObject({
  data: z
    .union([countOrZero, z.string().min(1)])
    .default(0)
    .describe(
      'Labelled questions: a JSONL, JSON, CSV or Parquet file, or how many the domain shall make; 0 evolves as usual.',
    ),
  question: z.string().min(1).default('question').describe('Column of the question.'),
  answer: z.string().min(1).default('answer').describe('Column of the answer.'),
  heldOut: countOrZero.default(0).describe('Rows that are set aside by seed and measured before and after.'),
});

const memory = z.strictObject({
  threshold: share
    .default(0.5)
    .describe('A question is near to one of an earlier pool when 1 - BLEU against it is below this.'),
  weight: z
    .number()
    .nonnegative()
    .default(0)
    .describe("The Challenger's reward loses this times the BLEU against the nearest, where it is near; 0 is off."),
  drop: z
    .boolean()
    .default(false)
    .describe('Pool questions near to one of an earlier pool are dropped before the votes.'),
});

const monitors = z.strictObject({
  action: z
    .enum(['off', 'warn', 'stop', 'rollback'])
    .default('warn')
    .describe(
      'When a limit is passed: only `warn`, `stop` the run cleanly, or `rollback` the phase to the weights it began with and go on.',
    ),
  patience: count.default(2).describe('Steps in a row that must pass a limit; numbers of a whole pool count at once.'),
  minEntropy: z
    .number()
    .nonnegative()
    .default(0.005)
    .describe('Lowest entropy of a policy, in nats a token; 0 is off.'),
  minClusters: share
    .default(0.1)
    .describe(
      'Fewest distinct clusters among the valid questions of a Challenger step or a pool, as a share of them; 0 is off.',
    ),
  lengthFactor: z
    .number()
    .nonnegative()
    .refine((factor) => factor === 0 || factor >= 1, { message: 'must be 0 (off) or at least 1' })
    .default(5)
    .describe("Mean completions this much longer or shorter than at the role's first step of the run; 0 is off."),
  maxUnanswered: share.default(0.8).describe('Highest share of attempts without an answer that can be read; 1 is off.'),
  maxZeroVariance: share
    .default(0.9)
    .describe('Highest share of groups whose rewards are all equal, from which nothing is learned; 1 is off.'),
  maxAgreementGap: share
    .default(0.3)
    .describe('Highest agreement of the votes above the accuracy of their labels, where truth is known; 1 is off.'),
});

/** What is trained: all of a model, or a low-rank adapter over it. */
const adapt = z.strictObject({
  method: z
    .enum(['full', 'lora'])
    .default('full')
    .describe('`full`: every parameter (paper); `lora`: a low-rank adapter over the frozen base, one for each role.'),
  rank: count.max(4096).default(16).describe('`lora`: rank of what an adapted matrix gains.'),
  alpha: positive.default(32).describe('`lora`: what it gains is times alpha / rank.'),
  targets: z
    .array(z.enum(ADAPTER_TARGETS))
    .min(1)
    .default([...ADAPTER_TARGETS])
    .describe("`lora`: the matrices of every layer that are adapted, by PEFT's names."),
});

/** The engine of this program, on this machine. */
export const localEngine = z.strictObject({
  kind: z
    .literal('local')
    .optional()
    .default('local')
    .describe('What samples and trains. `local`: ONNX Runtime on this machine; `module`: an engine of your own.'),
  threads: countOrZero.default(0).describe('0: all cores.'),
  slots: count.default(256).describe('Sequences decoded at once.'),
  microBatchTokens: count
    .default(1024)
    .describe('Tokens (padding included) per training micro-batch; larger ones take more memory and are no faster.'),
  recompute: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe(
      'Compute activations again in the backward and keep only what goes into each layer, for a quarter more time: only where they would not fit in memory otherwise, always or never.',
    ),
});

const moduleEngine = z.strictObject({
  kind: z.literal('module'),
  path: z
    .string()
    .min(1)
    .describe('JavaScript or TypeScript file whose default export is a function that makes the engine.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Passed to that function.'),
});

/** One table of settings for each kind of engine; a kind that is left out is `local`. */
export const engineSchema = z.discriminatedUnion('kind', [localEngine, moduleEngine]);

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
  weights: z
    .enum(['separate', 'shared'])
    .default('separate')
    .describe(
      "`shared`: one model plays both roles, each phase goes on from the other's weights (the paper's ablation).",
    ),
  labels: z
    .enum(['majority', 'oracle'])
    .default('majority')
    .describe(
      '`oracle`: the Solver is paid for the truth. An upper line to compare with, not R-Zero; only where the domain has an oracle.',
    ),
  engine: engineSchema.prefault({}),
  adapt: adapt.prefault({}),
  challenger: challenger.prefault({}),
  pool: pool.prefault({}),
  votes: votes.prefault({}),
  filter: filter.prefault({}),
  solver: solver.prefault({}),
  evaluation: evaluation.prefault({}),
  memory: memory.prefault({}),
  monitors: monitors.prefault({}),
  audit: audit.prefault({}),
  finetune: finetune.prefault({}),
});

/** A resolved config: every key present. */
export type RunConfig = z.output<typeof configSchema>;
/** What a user may write: a subset, as large or small as they like. */
export type ConfigInput = z.input<typeof configSchema>;
export type GrpoConfig = Pick<RunConfig['solver'], keyof typeof grpo>;
/** What every trained role has in its section: sampling, optimizer, GRPO and the number of steps. */
export type TrainingDials = Pick<
  RunConfig['solver'],
  keyof typeof sampling | keyof typeof optimizer | keyof typeof grpo | 'steps'
>;
/** Settings of the engine, by kind. */
export type EngineConfig = RunConfig['engine'];
