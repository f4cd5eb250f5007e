/** Settings of open domains, whose tasks have no right answer: what responses are scored by, and what is trained on. */

import { z } from 'zod';

const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();
const percentile = z.number().min(0).max(100);
const weight = z.number().default(0);

const scorers = z.strictObject({
  likelihood: z
    .number()
    .default(1)
    .describe('Weight of the mean log-probability under the frozen base model; negative to avoid it, 0 = off.'),
  consensus: weight.describe('Weight of the mean bigram overlap with the other responses of the group.'),
  selfCertainty: weight.describe(
    'Weight of the self-certainty of the Solver (Intuitor), estimated from `open.draws` tokens per position.',
  ),
  entropy: weight.describe('Weight of minus the entropy of the Solver (RENT), estimated from the sampled tokens.'),
  random: weight.describe('Weight of a number by chance: a control.'),
  judge: weight.describe('Weight of the comparisons that the judge at `open.judge.url` decides.'),
  own: weight.describe('Weight of the scorer that the module `open.module` exports.'),
});

const judge = z.strictObject({
  url: z.string().default('').describe('OpenAI-compatible endpoint of the judge; empty = no judge.'),
  model: z.string().default('').describe('Model name at the endpoint; empty = the only model that it serves.'),
  opponents: countOrZero
    .default(2)
    .describe('Other responses of the group that each response is compared with, in both orders; 0 = all.'),
  maxTokens: count.default(512).describe('Maximum new tokens per verdict.'),
  apiKeyEnv: z.string().default('').describe('Environment variable with the API key; empty = no key.'),
});

const band = (low: number, high: number, of: string) => ({
  keepLow: percentile.default(low).describe(`Lowest percentile of ${of} that is kept.`),
  keepHigh: percentile.default(high).describe(`Highest percentile that is kept; at least keepLow.`),
});

/** The band of percentiles must not be empty. */
function refuseEmptyBand({ keepLow, keepHigh }: { keepLow: number; keepHigh: number }, ctx: z.RefinementCtx): void {
  if (keepLow <= keepHigh) return;
  ctx.addIssue({ code: 'custom', path: ['keepLow'], message: `must not be above keepHigh, which is ${keepHigh}` });
}

const hints = z
  .strictObject({
    ...band(0, 50, 'δ, the shift that a hint causes,'),
    fewestCharacters: countOrZero
      .default(100)
      .describe('Fewest characters of a chosen response (G-Zero: 100; the default of the domain `stories` is 20).'),
    beta: z.number().positive().default(2).describe('Factor of the margin in the preference loss (G-Zero: 2).'),
  })
  .superRefine(refuseEmptyBand);

/** Settings of a run on an open domain. Other domains do not use them. */
export const open = z
  .strictObject({
    signal: z
      .enum(['scores', 'hints'])
      .default('scores')
      .describe(
        "What stands in for votes. `scores`: scorers rate responses; the Challenger is paid for their spread, and the Solver learns by GRPO with the mixture as its reward. `hints`: the Challenger is paid for hints that shift the Solver's response, and the Solver learns by DPO to prefer the response after a hint (G-Zero).",
      ),
    scorers: scorers.prefault({}),
    varietyWeight: z
      .number()
      .nonnegative()
      .default(0)
      .describe('`scores`: penalty for the share of the group that is near copies of a response; 0 = off.'),
    varietyThreshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Mean distance, 1 - BLEU, below which responses are near copies.'),
    draws: count.default(4).describe('Tokens per position from which self-certainty is estimated.'),
    ...band(25, 100, 'the spread of the scores'),
    judge: judge.prefault({}),
    module: z
      .string()
      .default('')
      .describe('JavaScript or TypeScript file that exports a scorer as `scorer`; empty = none.'),
    hints: hints.prefault({}),
  })
  .superRefine(refuseEmptyBand);
