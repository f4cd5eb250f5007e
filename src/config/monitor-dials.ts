/** Limits beyond which a run shows signs of collapse, and what it then does. The signs are in `loop/watch/`. */

import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().positive();

export const monitors = z.strictObject({
  action: z
    .enum(['off', 'warn', 'stop', 'rollback'])
    .default('warn')
    .describe(
      'When a limit is passed: `warn` only, `stop` the run, or `rollback` the phase to its initial weights and continue.',
    ),
  patience: count
    .default(2)
    .describe('Consecutive steps that must pass a limit. Numbers of a whole pool count at once.'),
  minEntropy: z
    .number()
    .nonnegative()
    .default(0.005)
    .describe('Minimum entropy of a policy, in nats per token; 0 = off.'),
  minClusters: share
    .default(0.1)
    .describe('Minimum distinct clusters / valid questions of a Challenger step or a pool; 0 = off.'),
  lengthFactor: z
    .number()
    .nonnegative()
    .refine((factor) => factor === 0 || factor >= 1, { message: 'must be 0 (off) or at least 1' })
    .default(5)
    .describe("Maximum factor by which the mean completion length may differ from the role's first step; 0 = off."),
  maxUnanswered: share.default(0.8).describe('Maximum share of attempts without a readable answer; 1 = off.'),
  maxZeroVariance: share.default(0.9).describe('Maximum share of groups whose rewards are all equal; 1 = off.'),
  maxAgreementGap: share
    .default(0.3)
    .describe('Maximum of agreement minus label accuracy, where the truth is known; 1 = off.'),
  maxJudgeGap: share
    .default(0.6)
    .describe(
      "Maximum judge gap: how far the Verifier's favourites stand below the top in the ranks of consensus and likelihood (0: the same favourites, 0.5: no relation); 1 = off.",
    ),
  maxOneVerdict: share
    .default(0.95)
    .describe('Maximum share of one verdict among the verdicts of the Verifier on fresh attempts; 1 = off.'),
  minCaught: share
    .default(0.5)
    .describe(
      'Minimum share of the corruptions that the Verifier catches, of the kind that it catches least; 0 = off.',
    ),
  minVariety: share
    .default(0.05)
    .describe(
      'Minimum variety of the fresh attempts that the Verifier is tested on: 0 = all attempts at a question have the same words, 1 = no two do; 0 = off.',
    ),
});
