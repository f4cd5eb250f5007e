/**
 * One step of preference training: takes pairs of responses, updates the policy and returns metrics. The mathematics is in
 * `grpo/preference.ts`; this file connects it to the engine.
 */

import type { Example, OptimizerOptions, Policy, Sampler } from '../../engine/engine.ts';
import {
  marginOf,
  meanLogRatio,
  preferenceCoefficients,
  type PreferenceDials,
  preferenceLoss,
  type PreferencePair,
} from '../../grpo/preference.ts';
import { type CallContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** Two responses to one task, as training sequences. */
export interface ExamplePair {
  chosen: Example;
  rejected: Example;
}

/** Inputs of one step. */
export interface PreferenceStep {
  policy: Policy;
  /** Model with which the policy is compared: the weights at the start of the phase. */
  reference: Pick<Sampler, 'score'>;
  pairs: readonly ExamplePair[];
  dials: PreferenceDials;
  options: OptimizerOptions;
}

/** What a step computed, before its update. */
export interface PreferenceOutcome {
  metrics: Record<string, number>;
  /** Mean log-ratio of the responses of each pair to the reference (nats per token). */
  ratios: { chosen: number; rejected: number }[];
  /** Log-probabilities of the tokens of both responses of each pair under the policy (nats). */
  logprobs: { chosen: Float32Array; rejected: Float32Array }[];
}

/**
 * Runs one backward pass and one optimizer update. The coefficients of a response depend on both responses of its pair, so
 * the policy's log-probabilities are asked first, and the coefficients are fixed before the backward pass.
 *
 * Metrics before the update: `loss`, `margin` (nats per token), `accuracy` (share of pairs with a positive margin),
 * `log_ratio/chosen` and `log_ratio/rejected`; and `grad_norm`, `entropy` and `examples`.
 */
export async function preferenceStep(
  ctx: CallContext,
  place: StepPlace,
  { policy, reference, pairs, dials, options }: PreferenceStep,
): Promise<PreferenceOutcome> {
  const examples = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const reference_N = await reference.score(examples, reporting(ctx, place, 'reference'));
  const logprobs_N = await policy.logprobs(examples, reporting(ctx, place, 'log-probabilities'));
  const terms = examples.map(({ mask }, at) => ({
    mask_T: mask,
    logprobs_T: logprobs_N[at],
    reference_T: reference_N[at],
  }));
  const compared = pairs.map((_, at): PreferencePair => ({ chosen: terms[2 * at], rejected: terms[2 * at + 1] }));
  const coefficients = preferenceCoefficients(compared, dials).flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const pass = await policy.accumulate(examples, coefficients, reporting(ctx, place, 'training'));
  const { gradNorm } = await policy.step(options);
  const margins = compared.map(marginOf);
  const ratios = compared.map(({ chosen, rejected }) => ({
    chosen: meanLogRatio(chosen),
    rejected: meanLogRatio(rejected),
  }));
  const metrics = metricsOf('', {
    loss: preferenceLoss(compared, dials),
    margin: meanOf(margins),
    accuracy: meanOf(margins.map((margin) => (margin > 0 ? 1 : 0))),
    'log_ratio/chosen': meanOf(ratios.map(({ chosen }) => chosen)),
    'log_ratio/rejected': meanOf(ratios.map(({ rejected }) => rejected)),
    entropy: pass.entropySum === null ? null : pass.entropySum / pass.positions,
    grad_norm: gradNorm,
    examples: examples.length,
  });
  const ofResponse = ({ logprobs_T, mask_T }: (typeof terms)[number]): Float32Array =>
    logprobs_T.filter((_, t) => mask_T[t] === 1);
  const logprobs = pairs.map((_, at) => ({
    chosen: ofResponse(terms[2 * at]),
    rejected: ofResponse(terms[2 * at + 1]),
  }));
  return { metrics, ratios, logprobs };
}

/** Returns the learning rate of a step when it falls linearly from `learningRate` to 0 after `steps` steps. */
export function fallingRate(learningRate: number, { step, steps }: Pick<StepPlace, 'step' | 'steps'>): number {
  return learningRate * (1 - step / steps);
}
