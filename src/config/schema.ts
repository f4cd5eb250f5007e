/**
 * All settings of a run, with units, defaults and sources. `load.ts` merges the scale's preset, TOML files and
 * `--set a.b=v` over these defaults. The *resolved* config is stored with the run, and stages read nothing else.
 */

import { z } from 'zod';
import { ADAPTER_TARGETS } from '../types.ts';
import { grpo, refuseContradictions } from './grpo-dials.ts';
import { monitors } from './monitor-dials.ts';
import { open } from './open-dials.ts';
import { prompt, template } from './prompt-dials.ts';
import { verifierDials } from './verifier-dials.ts';

const share = z.number().min(0).max(1);
const positive = z.number().positive();
/** Below 1, because AdamW divides by 1 - beta. */
const decay = z.number().min(0).lt(1);
const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();

const sampling = {
  temperature: z.number().min(0).max(5).default(1).describe('Softmax temperature.'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Nucleus sampling: keep the most likely tokens up to this total probability; 1 = off.'),
  topK: countOrZero.default(0).describe('Keep only this many most likely tokens; 0 = off.'),
  minP: share
    .default(0)
    .describe("Keep tokens with at least this share of the most likely token's probability; 0 = off."),
  maxTokens: count.default(96).describe('Maximum new tokens per completion.'),
};

const optimizer = {
  learningRate: positive.default(2e-4).describe('AdamW learning rate.'),
  beta1: decay.default(0.9).describe('Decay rate of the first moment.'),
  beta2: decay.default(0.999).describe('Decay rate of the second moment.'),
  epsilon: positive.default(1e-8).describe('Added to the denominator for stability.'),
  weightDecay: z.number().nonnegative().default(0.01).describe('Decoupled weight decay (paper: 0.01).'),
  clip: z.number().nonnegative().default(1).describe('Maximum global gradient norm (paper: 1.0); 0 = off.'),
};

const challenger = z
  .strictObject({
    ...sampling,
    ...optimizer,
    ...grpo,
    learningRate: positive.default(1e-4).describe('AdamW learning rate (paper: 1e-6).'),
    train: z
      .boolean()
      .default(true)
      .describe("False: use the base model as Challenger (the paper's baseline 'base Challenger')."),
    steps: countOrZero.default(5).describe('Training steps per iteration (paper: 5; code: 6, of which 5 are used).'),
    groups: count.default(32).describe('Groups per step. All use the same prompt; a group shares a baseline.'),
    groupSize: z.number().int().min(2).default(4).describe('Rollouts per group (paper: 4).'),
    votes: z
      .number()
      .int()
      .min(2)
      .default(10)
      .describe('Solver attempts per question for the uncertainty reward (paper: 10).'),
    uncertainty: z
      .enum(['paper', 'repo', 'learnability'])
      .default('paper')
      .describe(
        'Uncertainty reward at agreement p. `paper`: 1 - 2|p - 1/2|; `repo`: min(p, 1 - p), which is half of it; `learnability`: 1 - p, and 0 at p = 0 and 1 (Absolute Zero), for `labels = "computed"`.',
      ),
    floorAtZero: z
      .boolean()
      .default(true)
      .describe(
        'True (paper): max(0, uncertainty - repetition), and 0 for an invalid question. False (code): uncertainty - repetition, and -1 - repetition for an invalid question.',
      ),
    claimGate: z
      .enum(['off', 'answer', 'last-character'])
      .default('off')
      .describe(
        "Reward uncertainty only if agreement is above 0.1 and the majority equals the Challenger's own answer. `off`: no such condition; `answer`: compare the boxed answer; `last-character`: compare only its last character, as the code did until 2025-12-10.",
      ),
    viewsAgree: z
      .boolean()
      .default(false)
      .describe(
        'Reward uncertainty only if the majority of the votes on the own words of a question is the majority of the votes on its other wordings (votes.views).',
      ),
    answerRequired: z
      .boolean()
      .default(true)
      .describe('A training question without a boxed answer is invalid (code: false). An empty box is always invalid.'),
    repetitionWeight: z.number().nonnegative().default(1).describe('Weight of the repetition penalty (paper: 1).'),
    repetitionThreshold: share.default(0.5).describe('Cluster distance threshold, 1 - BLEU (paper: 0.5).'),
  })
  .superRefine(refuseContradictions);

const pool = z.strictObject({
  ...sampling,
  questions: count.default(800).describe('Questions sampled from the Challenger (paper: 8000).'),
  chunk: count.default(250).describe('Questions per commit: the most that a kill can lose.'),
  dropDuplicates: z.boolean().default(true).describe('Drop exact repeats of earlier questions of the run.'),
});

const votes = z.strictObject({
  ...sampling,
  topK: countOrZero.default(40).describe('Keep only this many most likely tokens; 0 = off (paper: 40).'),
  count: z.number().int().min(2).default(10).describe('Attempts per question when labelling (paper: 10; code: 9).'),
  noneIsVote: z
    .boolean()
    .default(false)
    .describe('Attempts without a box count as the answer "None" (code: true). A majority of "None" gives no label.'),
  noIsNo: z.boolean().default(false).describe('Treat all answers that contain "no " as equal (code: true).'),
  countUnanswered: z
    .boolean()
    .default(true)
    .describe('Agreement is the share of all attempts; false (code): of the attempts with an answer.'),
  weights: z
    .enum(['equal', 'verifier'])
    .default('equal')
    .describe(
      "Weights of the votes on the pool. `verifier`: the Verifier's scores, in iterations in which it passes its entrance test.",
    ),
  chunk: count.default(100).describe('Questions per commit.'),
  views: share
    .default(0)
    .describe(
      'Share of the votes that is cast on other wordings of the question, for the pool, planted questions and the reward of the Challenger; 0 = off. The label is the majority of all votes, mapped back to the question.',
    ),
  wordings: countOrZero
    .default(0)
    .describe('Other wordings of a question, over which these votes are spread; 0 = one for each vote.'),
  viewsFrom: z
    .enum(['domain', 'challenger'])
    .default('domain')
    .describe(
      'Who words questions in other ways. `domain`: its own code; `challenger`: the Challenger is asked, and a wording counts only if all votes on it name one answer (at least two votes per wording).',
    ),
});

const filter = z
  .strictObject({
    minAgreement: share.default(0.3).describe('Lowest agreement that is kept (paper: 3-7 of 10; code: 0.3-0.8).'),
    maxAgreement: share.default(0.8).describe('Highest agreement that is kept.'),
    forbiddenInQuestion: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Drop questions that contain one of these texts, ignoring case (code: "证明", which means "prove", and "box").',
      ),
    forbiddenInLabel: z
      .array(z.string().min(1))
      .default([])
      .describe('Drop questions whose label contains one of these texts, ignoring case (code: "text").'),
    minQuestions: count.default(16).describe('Minimum number of kept questions; see filter.tooFew.'),
    maxQuestions: countOrZero.default(0).describe('Maximum number of kept questions; 0 = no limit.'),
    tooFew: z
      .enum(['end', 'widen', 'generate'])
      .default('end')
      .describe(
        'When fewer than minQuestions are kept: `end` the run, `widen` the band, or `generate` more questions.',
      ),
    widenBy: share.default(0.1).describe('`widen`: step by which both ends of the band move.'),
    widenMin: share.default(0.2).describe('`widen`: lowest lower end.'),
    widenMax: share.default(0.9).describe('`widen`: highest upper end.'),
    gate: z
      .enum(['off', 'views', 'verifier', 'both'])
      .default('off')
      .describe(
        '`views`: keep a question only if the majority of the votes on its own words is the majority of the votes on its other wordings (votes.views); a question without other wordings passes. `verifier`: only if the Verifier calls more of the attempts that give its label right than wrong, in iterations in which it passes its entrance test; `both`: both.',
      ),
    unreadable: z
      .enum(['keep', 'drop'])
      .default('keep')
      .describe(
        'Questions without other wordings, with votes.views. `keep`: all votes are cast on their own words; `drop`: they are dropped, earn the Challenger no reward, and get no votes if the domain words questions.',
      ),
    generateUpTo: z
      .number()
      .min(1)
      .default(4)
      .describe('`generate`: add pool.chunk questions at a time, up to this multiple of pool.questions.'),
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
      .describe('Training steps per iteration (paper: 15; code: 20, of which 15 are used).'),
    prompts: count.default(48).describe('Questions per step.'),
    groupSize: z.number().int().min(2).default(8).describe('Rollouts per question (paper: 5).'),
    labelGate: z
      .boolean()
      .default(false)
      .describe(
        'Learn nothing from a group of rollouts whose own majority is not the label, because such labels are wrong more often. Groups whose rewards are all equal are left out as well, as with dropZeroVariance.',
      ),
    reward: z
      .enum(['label', 'majority', 'self-certainty', 'entropy', 'likelihood', 'consensus', 'restrain'])
      .default('label')
      .describe(
        'Reward of an attempt. `label`: it gives the label (R-Zero). The others use no label: `majority`: it gives the majority answer of its own group (TTRL); `self-certainty`: mean KL of its tokens from the uniform distribution (Intuitor); `entropy`: minus their mean entropy (RENT); `likelihood`: their mean log-probability under the base; `consensus`: its words are those of the other attempts; `restrain`: share of its answer in the group (RESTRAIN).',
      ),
    restrainBelow: share
      .default(0.3)
      .describe(
        '`restrain`: a group whose majority has a smaller share is penalized: no rewards, and every advantage is lowered.',
      ),
    restrainPenalty: z.number().nonnegative().default(1).describe('`restrain`: by how much it is lowered.'),
    verifierWeight: share
      .default(0)
      .describe(
        "Share of the Verifier's score in the reward of an attempt, in iterations in which the Verifier passes its entrance test; 0 = off.",
      ),
    thinkWeight: share
      .default(0)
      .describe(
        'Share of the reward for the form `<think>…</think>…\\boxed{…}`. The correct answer earns the rest (paper: 0; code: 0.1).',
      ),
  })
  .superRefine(refuseContradictions);

const verifier = z.strictObject({ ...sampling, ...optimizer, ...verifierDials }).superRefine(refuseContradictions);

const evaluation = z.strictObject({
  ...sampling,
  questions: countOrZero.default(500).describe('Number of held-out questions; 0 = no evaluation.'),
  samples: count
    .default(8)
    .describe(
      'Sampled attempts per question, for mean@k and majority@k. At temperature 0 all are equal (code: 32 of those).',
    ),
  guessLetters: z
    .boolean()
    .default(false)
    .describe(
      'If the correct answer is a letter from A to J, replace a missing answer by a random letter (code: true, unseeded; here seeded).',
    ),
  forced: z.boolean().default(true).describe('Also evaluate with worked steps forced, if the domain supports it.'),
  chunk: count.default(250).describe('Questions per commit.'),
  tasks: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Benchmarks to run after each iteration: names such as "gsm8k", data files, or modules with custom tasks.',
    ),
  question: z
    .string()
    .min(1)
    .default('question')
    .describe('Column with the question in a data file of `tasks`; the default also finds its usual names.'),
  answer: z
    .string()
    .min(1)
    .default('answer')
    .describe('Column with the answer in a data file of `tasks`; the default also finds its usual names.'),
  choices: z
    .string()
    .default('')
    .describe(
      'Column with the choices in a data file of `tasks`, or several columns: "A,B,C,D"; empty = found by its usual names, else open answers.',
    ),
  grading: z
    .enum(['math', 'text'])
    .default('math')
    .describe('How answers to a data file of `tasks` without choices are compared: as mathematics, or as short texts.'),
  dataDir: z
    .string()
    .default('')
    .describe('Folder with benchmark files; empty = RZERO_DATA, else the Hugging Face hub.'),
  taskQuestions: countOrZero.default(0).describe('Maximum questions per benchmark; 0 = all.'),
});

const judge = z.strictObject({
  url: z.string().default('').describe('OpenAI-compatible endpoint of the judge; empty = no judge.'),
  model: z.string().default('').describe('Model name at the endpoint; empty = the only model that it serves.'),
  questions: count.default(50).describe('Kept questions that are judged per iteration, drawn by seed.'),
  maxTokens: count.default(2048).describe('Maximum new tokens per verdict, including reasoning.'),
  apiKeyEnv: z.string().default('').describe('Environment variable with the API key; empty = no key.'),
});

/** Measurements of label accuracy. They never change the run. */
const audit = z.strictObject({
  planted: z
    .union([countOrZero, z.string().min(1)])
    .default(0)
    .describe(
      'Questions with known answers that the Solver also votes on: a JSONL, JSON, CSV, TSV or Parquet file, or the number that the domain generates.',
    ),
  views: countOrZero
    .default(0)
    .describe(
      'Kept questions per iteration, drawn by seed, that the Solver is asked again in other words, with votes.count votes over all wordings; 0 = none. Needs a domain that words questions in other ways.',
    ),
  judge: judge.prefault({}),
});

/** Supervised training on given answers instead of an evolution (`rzero finetune`). */
const finetune = z.strictObject({
  data: z
    .union([countOrZero, z.string().min(1)])
    .default(0)
    .describe(
      'Labelled questions: a JSONL, JSON, CSV, TSV or Parquet file, or the number that the domain generates; 0 = evolve as usual.',
    ),
  question: z
    .string()
    .min(1)
    .default('question')
    .describe('Column with the question; the default also finds its usual names.'),
  answer: z
    .string()
    .min(1)
    .default('answer')
    .describe('Column with the answer; the default also finds its usual names.'),
  heldOut: countOrZero.default(0).describe('Rows that are held out by seed and evaluated before and after training.'),
});

const memory = z.strictObject({
  threshold: share
    .default(0.5)
    .describe('A question is similar to one of an earlier pool when 1 - BLEU is below this value.'),
  weight: z
    .number()
    .nonnegative()
    .default(0)
    .describe(
      "Penalty weight: the Challenger's reward loses this times the BLEU against the most similar earlier question; 0 = off.",
    ),
  drop: z
    .boolean()
    .default(false)
    .describe('Drop pool questions that are similar to one of an earlier pool, before the votes.'),
});

/** Full training, or a low-rank adapter. */
const adapt = z.strictObject({
  method: z
    .enum(['full', 'lora'])
    .default('full')
    .describe(
      '`full`: train all parameters (paper); `lora`: train one low-rank adapter per role over the frozen base. With engine.kind = "tinker", the default is `lora`.',
    ),
  rank: count.max(4096).default(16).describe('`lora`: rank of the update.'),
  alpha: positive.default(32).describe('`lora`: the update is scaled by alpha / rank.'),
  targets: z
    .array(z.enum(ADAPTER_TARGETS))
    .min(1)
    .default([...ADAPTER_TARGETS])
    .describe("`lora`: adapted matrices of every layer, by PEFT's names."),
});

const keep = z.strictObject({
  tokens: z
    .boolean()
    .default(true)
    .describe(
      'Keep the tokens, sampled log-probabilities and settings of every training step in run.db, so that the step can be computed again.',
    ),
});

/** The local engine. */
export const localEngine = z
  .strictObject({
    kind: z
      .literal('local')
      .optional()
      .default('local')
      .describe(
        'Kind of engine. `local`: ONNX Runtime on this machine; `tinker`: a service with the Tinker interface; `module`: a custom engine.',
      ),
    device: z
      .enum(['auto', 'cpu', 'webgpu'])
      .default('cpu')
      .describe(
        'Where models run. `cpu`: the processor; `webgpu`: a GPU, through ONNX Runtime; `auto`: the GPU if it is measured to compute right and faster for this model. A run records which one it took.',
      ),
    threads: countOrZero.default(0).describe('Number of threads of the processor; 0 = all cores.'),
    slots: count.default(256).describe('Sequences decoded at once.'),
    microBatchTokens: count
      .default(1024)
      .describe(
        'Tokens per training micro-batch, including padding. Larger micro-batches need more memory and are not faster.',
      ),
    recompute: z
      .enum(['auto', 'on', 'off'])
      .default('auto')
      .describe(
        'Recompute activations in the backward pass and keep only the input of each layer, which takes about a quarter more time. `auto`: only if they would not fit into memory; `on`: always; `off`: never.',
      ),
    samplingPrecision: z
      .enum(['float32', 'float16'])
      .default('float32')
      .describe(
        'Precision of the matrices that samplers read, with `device = "webgpu"`. `float16`: half the bytes per decoding step; training and scoring stay in float32, and `importanceCorrection` is `token-truncate` by default. Refused where the GPU has no half precision, or computes wrong in it.',
      ),
  })
  .superRefine(({ device, samplingPrecision }, ctx) => {
    if (samplingPrecision === 'float32' || device === 'webgpu') return;
    const message = `is only for device "webgpu": set it to "float32", or device to "webgpu"`;
    ctx.addIssue({ code: 'custom', path: ['samplingPrecision'], message });
  });

const moduleEngine = z.strictObject({
  kind: z.literal('module'),
  path: z
    .string()
    .min(1)
    .describe('JavaScript or TypeScript file whose default export is a function that creates the engine.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('Passed to that function.'),
});

/** The port, the host or the path may be anything: `http://localhost:8000` is an address too. */
const address = z.string().refine((text) => text === '' || (/^https?:\/\//i.test(text) && URL.canParse(text)), {
  message: 'is not an address such as http://localhost:8000',
});
const price = z.number().min(0).default(0);
const rate = z.number().min(0).default(0);

/** A service that speaks the Tinker wire. */
const tinkerEngine = z.strictObject({
  kind: z.literal('tinker'),
  url: address
    .default('')
    .describe(
      'Address of the service; empty = `TINKER_BASE_URL`, or the hosted service. The key is in `TINKER_API_KEY`.',
    ),
  model: z
    .string()
    .default('')
    .describe(
      'Name of the base model on the service, with `model` as folder or hub name of its tokenizer; empty = `model`, or the only model of the service if `model` is a folder.',
    ),
  challengerUrl: address
    .default('')
    .describe('Service that trains the Challenger, if each service trains one model; empty = `url`.'),
  solverUrl: address.default('').describe('Service that trains the Solver; empty = `url`.'),
  referenceUrl: address
    .default('')
    .describe('Service with the reference model of the KL term; empty = the service of the role.'),
  concurrency: count.default(256).describe('Sample requests in flight at most.'),
  slots: count.default(4096).describe('Completions in progress at most, over all requests.'),
  patience: z
    .number()
    .min(1)
    .default(3600)
    .describe('Seconds to wait for a service that does not answer, or that pauses the account, before the run stops.'),
  trainUnembed: z.boolean().default(false).describe('Whether adapters train the output layer too.'),
  price: z
    .strictObject({
      sampled: price.describe('Price of one million sampled tokens, in any currency; 0 = unknown.'),
      prefilled: price.describe('Price of one million prompt tokens.'),
      trained: price.describe('Price of one million tokens of forward and backward passes.'),
    })
    .prefault({}),
  rates: z
    .strictObject({
      sampled: rate.describe('Tokens that the service samples per second, for `--dry-run`; 0 = unknown.'),
      prefilled: rate.describe('Prompt tokens per second; 0 = not counted.'),
      trained: rate.describe('Tokens of forward and backward passes per second; 0 = unknown.'),
    })
    .prefault({}),
  budget: z
    .strictObject({
      tokens: countOrZero
        .default(0)
        .describe(
          'The run stops before the next step when it has used this many sampled, prefilled and trained tokens; 0 = no limit.',
        ),
      cost: z
        .number()
        .min(0)
        .default(0)
        .describe('The run stops before the next step when it has cost this much; 0 = no limit. Needs `price`.'),
    })
    .prefault({}),
});

/** One table of settings per kind of engine; without a kind, it is `local`. */
const engineSchema = z.discriminatedUnion('kind', [localEngine, moduleEngine, tinkerEngine]);

/** The whole config. Unknown keys are rejected at every level. */
export const configSchema = z.strictObject({
  model: z
    .string()
    .min(1)
    .default('models/arith-base')
    .describe('Base model: a Hugging Face folder or a name on the hub.'),
  domain: z
    .string()
    .min(1)
    .default('arithmetic')
    .describe(
      'Task domain: `arithmetic`, `math`, `code`, the open domains `stories` and `writing`, or the path of a module with a custom domain.',
    ),
  scale: z.enum(['tiny', 'small', 'paper']).default('small').describe('Preset of sizes.'),
  iterations: count.default(3).describe('Number of iterations (paper: 3).'),
  seed: z.number().int().min(0).max(0xffffffff).default(1).describe('Seed of all randomness.'),
  runsDir: z.string().min(1).default('runs').describe('Folder of runs.'),
  weights: z
    .enum(['separate', 'shared'])
    .default('separate')
    .describe(
      "`shared`: one model plays both roles, and each phase starts from the other role's weights (the paper's ablation).",
    ),
  labels: z
    .enum(['majority', 'oracle', 'computed'])
    .default('majority')
    .describe(
      '`majority`: the most frequent answer (R-Zero). `oracle`: reward the Solver for the true answer; an upper bound for comparison. `computed`: the domain computes the label, and the agreement is the share of right attempts; the default of the domain `code`. The last two need a domain with an oracle.',
    ),
  illPosed: z
    .enum(['accept', 'refuse'])
    .default('accept')
    .describe(
      '`refuse`: a question that the grammar of the domain cannot read is invalid: it earns no reward and gets no votes. Not R-Zero; needs a domain with a grammar.',
    ),
  engine: engineSchema.prefault({}),
  adapt: adapt.prefault({}),
  prompt: prompt.prefault({}),
  template,
  challenger: challenger.prefault({}),
  pool: pool.prefault({}),
  votes: votes.prefault({}),
  filter: filter.prefault({}),
  solver: solver.prefault({}),
  verifier: verifier.prefault({}),
  open: open.prefault({}),
  evaluation: evaluation.prefault({}),
  memory: memory.prefault({}),
  monitors: monitors.prefault({}),
  audit: audit.prefault({}),
  keep: keep.prefault({}),
  finetune: finetune.prefault({}),
});

/** A resolved config, with every key present. */
export type RunConfig = z.output<typeof configSchema>;
/** Input of a user: a part of the config. */
export type ConfigInput = z.input<typeof configSchema>;
export type GrpoConfig = Pick<RunConfig['solver'], keyof typeof grpo>;
/** The settings of every trained role: sampling, optimizer, GRPO and the number of steps. */
export type TrainingDials = Pick<
  RunConfig['solver'],
  keyof typeof sampling | keyof typeof optimizer | keyof typeof grpo | 'steps'
> &
  Partial<Pick<RunConfig['solver'], 'labelGate'>>;
/** Settings of the engine, by kind. */
export type EngineConfig = RunConfig['engine'];
