/** The dials of GRPO, the same for both roles, and which of them cannot stand together. Next: `grpo/coefficients.ts`. */

import { z } from 'zod';

const positive = z.number().positive();
const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();

/** What a group's rewards do to the policy; docs/reference/losses.md names the variants that these dials make up. */
export const grpo = {
  normalizeStd: z
    .boolean()
    .default(true)
    .describe("Divide a group's centred rewards by their standard deviation (paper: true; Dr. GRPO: false)."),
  dropZeroVariance: z.boolean().default(true).describe('Leave out groups whose rewards are all equal.'),
  loss: z
    .enum(['clipped', 'gspo', 'cispo'])
    .default('clipped')
    .describe(
      'Policy loss. `clipped`: the ratio of each token, clipped (GRPO, Dr. GRPO, DAPO, BNPO); `gspo`: one ratio for the sequence, clipped; `cispo`: the ratio, limited from above, only weighs the gradient.',
    ),
  clipLow: positive.default(0.2).describe('The ratio counts down to 1 - clipLow (paper: 0.2).'),
  clipHigh: positive
    .default(0.3)
    .describe('The ratio counts up to 1 + clipHigh (paper: 0.3; DAPO: 0.28; CISPO: about 4; GSPO: about 0.0004).'),
  dualClip: z
    .number()
    .nonnegative()
    .default(3)
    .describe('Upper limit of the ratio where the advantage is negative; 0 is off.'),
  kl: z
    .enum(['k1', 'k2', 'k3'])
    .default('k3')
    .describe(
      "Estimate of the KL to the reference at a token. `k3`, `k2`: added to the loss; `k1`: taken from the token's reward.",
    ),
  klWeight: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('Weight of the KL to the reference (paper: 0.01); 0 is off.'),
  klReference: z
    .enum(['phase-start', 'base'])
    .default('phase-start')
    .describe('What the KL is measured to: the weights that the phase started from (code), or the base model.'),
  importanceCorrection: z
    .enum(['none', 'bypass', 'token-truncate', 'sequence-truncate', 'token-mask', 'sequence-mask', 'geometric-mask'])
    .default('none')
    .describe(
      "What to do where the sampler's log-probabilities differ from the trainer's. `none`: log it; `bypass`: start the ratio from the sampler's; `…-truncate`: weigh the policy loss with trainer over sampler, at most importanceHigh; `…-mask`: leave out what lies outside importanceLow to importanceHigh.",
    ),
  importanceLow: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Lower limit of trainer over sampler, for the masks (IcePop: 0.5; geometric: 0.99); 0 is off.'),
  importanceHigh: positive
    .default(2)
    .describe('Upper limit of trainer over sampler (truncation: 2; IcePop: 2; TRL: 3; geometric: 1.01).'),
  aggregation: z
    .enum(['token-mean', 'step-token-mean', 'sequence-mean', 'fixed-length', 'micro-batch-mean'])
    .default('token-mean')
    .describe(
      "How token losses become one number: every token of the mini-batch alike (BNPO), of the whole step alike (DAPO), every completion alike (GRPO), a sum over maxTokens for all (Dr. GRPO), or the mean of micro-batches' token means (R-Zero's code).",
    ),
  microBatch: count
    .default(1)
    .describe('Rollouts in a micro-batch of aggregation micro-batch-mean (code: Challenger 2, Solver 1).'),
  updates: count
    .default(1)
    .describe("Optimizer updates per step: the step's groups are split into this many mini-batches."),
  keepStep: countOrZero
    .default(0)
    .describe("Step after which the weights are kept as the phase's result; 0 is the last (code: 5 of 6, 15 of 20)."),
};

interface RoleDials {
  loss: string;
  dualClip: number;
  kl: string;
  klWeight: number;
  importanceCorrection: string;
  importanceLow: number;
  importanceHigh: number;
  keepStep: number;
  steps: number;
}

/** Refuses dials of one role that contradict each other, at the one that somebody must have set. */
export function refuseContradictions(dials: RoleDials, ctx: z.RefinementCtx): void {
  const refuse = (key: keyof RoleDials, message: string): void =>
    ctx.addIssue({ code: 'custom', path: [key], message });
  if (dials.loss !== 'clipped' && dials.dualClip > 0) {
    refuse('loss', 'has no dual clip, which limits single tokens from one side: set dualClip to 0 beside it');
  }
  if (dials.loss === 'gspo' && dials.kl === 'k1' && dials.klWeight > 0) {
    refuse('kl', 'takes from the reward of single tokens, and loss "gspo" has one for the sequence: use k2 or k3');
  }
  if (dials.importanceLow > 0 && !dials.importanceCorrection.endsWith('-mask')) {
    refuse(
      'importanceLow',
      `is for masks alone, and importanceCorrection is "${dials.importanceCorrection}": set it to 0`,
    );
  }
  if (dials.importanceLow >= dials.importanceHigh) {
    refuse('importanceLow', `must be below importanceHigh, which is ${dials.importanceHigh}`);
  }
  if (dials.keepStep > dials.steps) refuse('keepStep', `must not be above steps, which is ${dials.steps}`);
}
