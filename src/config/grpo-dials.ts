/** GRPO settings, the same for both roles, and the combinations that are rejected. Next: `grpo/coefficients.ts`. */

import { z } from 'zod';

const positive = z.number().positive();
const count = z.number().int().positive();
const countOrZero = z.number().int().nonnegative();

/** Settings of the policy update. docs/reference/losses.md lists the variants that they form. */
export const grpo = {
  normalizeStd: z
    .boolean()
    .default(true)
    .describe("Divide a group's centred rewards by their standard deviation (paper: true; Dr. GRPO: false)."),
  dropZeroVariance: z.boolean().default(true).describe('Drop groups whose rewards are all equal.'),
  loss: z
    .enum(['clipped', 'gspo', 'cispo'])
    .default('clipped')
    .describe(
      'Policy loss. `clipped`: the ratio of each token, clipped (GRPO, Dr. GRPO, DAPO, BNPO); `gspo`: one clipped ratio per sequence; `cispo`: the ratio, limited from above, only weights the gradient.',
    ),
  clipLow: positive.default(0.2).describe('Lower clip: the ratio is limited to 1 - clipLow (paper: 0.2).'),
  clipHigh: positive
    .default(0.3)
    .describe(
      'Upper clip: the ratio is limited to 1 + clipHigh (paper: 0.3; DAPO: 0.28; CISPO: about 4; GSPO: about 0.0004).',
    ),
  dualClip: z
    .number()
    .nonnegative()
    .default(3)
    .describe('Dual clip: upper limit of the ratio when the advantage is negative; 0 = off.'),
  kl: z
    .enum(['k1', 'k2', 'k3'])
    .default('k3')
    .describe(
      "Estimator of the KL divergence per token. `k3`, `k2`: added to the loss; `k1`: subtracted from the token's reward.",
    ),
  klWeight: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('Weight of the KL divergence from the reference (paper: 0.01); 0 = off.'),
  klReference: z
    .enum(['phase-start', 'base'])
    .default('phase-start')
    .describe('Reference of the KL: the weights at the start of the phase (code), or the base model.'),
  importanceCorrection: z
    .enum(['none', 'bypass', 'token-truncate', 'sequence-truncate', 'token-mask', 'sequence-mask', 'geometric-mask'])
    .default('none')
    .describe(
      'Correction when log-probabilities of sampler and trainer differ. With engine.kind = "tinker", the default is `token-truncate`. `none`: only log the difference; `bypass`: use the sampler\'s log-probabilities in the ratio; `…-truncate`: weight the policy loss by trainer / sampler, at most importanceHigh; `…-mask`: drop tokens or sequences outside importanceLow to importanceHigh.',
    ),
  importanceLow: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Lower limit of trainer / sampler, for the masks (IcePop: 0.5; geometric: 0.99); 0 = off.'),
  importanceHigh: positive
    .default(2)
    .describe('Upper limit of trainer / sampler (truncation: 2; IcePop: 2; TRL: 3; geometric: 1.01).'),
  aggregation: z
    .enum(['token-mean', 'step-token-mean', 'sequence-mean', 'fixed-length', 'micro-batch-mean'])
    .default('token-mean')
    .describe(
      "How token losses are averaged. `token-mean`: over the tokens of the mini-batch (BNPO); `step-token-mean`: over the tokens of the step (DAPO); `sequence-mean`: per completion, then over completions (GRPO); `fixed-length`: sum divided by maxTokens (Dr. GRPO); `micro-batch-mean`: mean of the token means of micro-batches (R-Zero's code).",
    ),
  microBatch: count
    .default(1)
    .describe('Rollouts per micro-batch for `micro-batch-mean` (code: Challenger 2, Solver 1).'),
  updates: count
    .default(1)
    .describe('Optimizer updates per step. The groups of the step are split into this many mini-batches.'),
  keepStep: countOrZero
    .default(0)
    .describe('Step whose weights are the result of the phase; 0 = the last step (code: 5 of 6, 15 of 20).'),
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

/** Rejects contradictory settings of one role. The error names the setting that differs from its default. */
export function refuseContradictions(dials: RoleDials, ctx: z.RefinementCtx): void {
  const refuse = (key: keyof RoleDials, message: string): void =>
    ctx.addIssue({ code: 'custom', path: [key], message });
  if (dials.loss !== 'clipped' && dials.dualClip > 0) {
    refuse('loss', 'has no dual clip: also set dualClip to 0');
  }
  if (dials.loss === 'gspo' && dials.kl === 'k1' && dials.klWeight > 0) {
    refuse('kl', 'changes the reward of single tokens, but loss "gspo" has one ratio per sequence: use k2 or k3');
  }
  if (dials.importanceLow > 0 && !dials.importanceCorrection.endsWith('-mask')) {
    refuse(
      'importanceLow',
      `is only for masks, but importanceCorrection is "${dials.importanceCorrection}": set it to 0`,
    );
  }
  if (dials.importanceLow >= dials.importanceHigh) {
    refuse('importanceLow', `must be below importanceHigh, which is ${dials.importanceHigh}`);
  }
  if (dials.keepStep > dials.steps) refuse('keepStep', `must not be above steps, which is ${dials.steps}`);
}
