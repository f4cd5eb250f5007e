/** Settings of the Verifier. The order of its stages is in `roles.ts`, their code in `loop/verifier/`. */

import { z } from 'zod';
import { grpo } from './grpo-dials.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().positive();

/** Settings of its own; `schema.ts` adds those of sampling and optimizer. */
export const verifierDials = {
  ...grpo,
  kind: z
    .enum(['off', 'token', 'generative'])
    .default('off')
    .describe(
      'How the Verifier judges an attempt. `off`: the run has none; `token`: by one token, trained by cross-entropy; `generative`: by a check that ends in a verdict, trained by GRPO (CoVerRL).',
    ),
  learningRate: z.number().positive().default(1e-3).describe('AdamW learning rate.'),
  steps: z.number().int().nonnegative().default(20).describe('Training steps per iteration.'),
  prompts: count.default(32).describe('Questions per step.'),
  pairs: count.default(2).describe('Attempts presumed right, and as many presumed wrong, per question.'),
  groupSize: z.number().int().min(2).default(4).describe('`generative`: checks per attempt while training.'),
  checks: count.default(2).describe('`generative`: checks per attempt when judging.'),
  lora: z.boolean().default(true).describe('Train a low-rank adapter, whatever the other roles train.'),
  rank: count.default(16).describe('Rank of this adapter.'),
  alpha: z.number().positive().default(32).describe('Scale of this adapter, divided by its rank.'),
  fresh: count.default(40).describe('Entrance test: questions with fresh attempts.'),
  freshVotes: z.number().int().min(2).default(4).describe('Entrance test: fresh attempts per question.'),
  minCaught: share.default(0.8).describe('Entrance test: least share of the corruptions of every kind that is caught.'),
  minStable: share
    .default(0.9)
    .describe('Entrance test: least share of verdicts that stay when question and attempt change places.'),
};
