/**
 * One GRPO step of either role: groups of rollouts with rewards in, an updated policy and its metrics
 * out. The mathematics is `grpo/`; here it meets the engine.
 */

import type { RunConfig } from '../config/schema.ts';
import type { Completion, Example, Policy, Sampler, Tokens } from '../engine/engine.ts';
import { groupAdvantages, hasVariance } from '../grpo/advantages.ts';
import { exampleScales } from '../grpo/aggregate.ts';
import { alignToExample, splitUpdates, toExample } from '../grpo/batch.ts';
import { type LossTerms, tokenCoefficients } from '../grpo/coefficients.ts';
import { diagnose } from '../grpo/diagnostics.ts';
import type { Reward } from '../rewards/challenger.ts';
import type { Role, Rollout, RolloutGroup } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { textOf } from './sampling.ts';
import { meanOf, metricsOf } from './voting.ts';

type Dials = RunConfig['challenger'] | RunConfig['solver'];

/** A prompt's rollouts, judged. */
export interface JudgedGroup {
  prompt: Tokens;
  completions: Completion[];
  rewards: Reward[];
}

interface Trained {
  example: Example;
  advantage: number;
  /** Sampler's log-probabilities, for the gap metric. */
  sampled: Float32Array;
  reference: Float32Array | null;
}

/**
 * Advantages, coefficients, backward and one optimizer update per mini-batch. Behaviour log-probabilities
 * are the policy's own before its first update, as in the original. `reference` holds the weights of the
 * phase's start; null leaves the KL out. No group with anything to teach: no update.
 */
export async function grpoStep(
  ctx: RunContext,
  place: StepPlace,
  dials: Dials,
  policy: Policy,
  reference: Sampler | null,
  groups: readonly JudgedGroup[],
): Promise<Record<string, number>> {
  const teaching = dials.dropZeroVariance
    ? groups.filter((group) => hasVariance(group.rewards.map((one) => one.reward)))
    : groups;
  const trained = teaching.map((group) => trainedOf(group, dials));
  const flat = trained.flat();
  if (flat.length === 0) return { grad_norm: 0, examples: 0 };
  if (reference !== null) {
    const scores = await reference.score(
      flat.map((one) => one.example),
      reporting(ctx, place, 'reference'),
    );
    flat.forEach((one, index) => (one.reference = scores[index]));
  }
  const batches = splitUpdates(trained, dials.updates).map((batch) => batch.flat());
  const behaviour =
    batches.length === 1
      ? null
      : await policy.logprobs(
          flat.map((one) => one.example),
          reporting(ctx, place, 'log-probabilities'),
        );
  const all: Omit<LossTerms, 'scale'>[] = [];
  let entropySum = 0;
  let positions = 0;
  let gradNorm = 0;
  let start = 0;
  for (const batch of batches) {
    const scales = exampleScales(
      batch.map((one) => one.sampled.length),
      dials.aggregation,
    );
    const offset = start;
    const termsOf = (index: number, logprobs_T: Float32Array): LossTerms => ({
      advantage: batch[index].advantage,
      behaviour_T: behaviour?.[offset + index] ?? logprobs_T,
      reference_T: batch[index].reference,
      logprobs_T,
      mask_T: batch[index].example.mask,
      scale: scales[index],
    });
    const pass = await policy.accumulate(
      batch.map((one) => one.example),
      (index, logprobs) => tokenCoefficients(termsOf(index, logprobs), dials),
      reporting(ctx, place, 'training'),
    );
    gradNorm += (await policy.step(dials)).gradNorm;
    pass.logprobs.forEach((logprobs, index) => all.push(termsOf(index, logprobs)));
    entropySum += pass.entropySum;
    positions += pass.positions;
    start += batch.length;
  }
  const gap = batches.length === 1 ? samplingGap(flat, all) : null;
  return {
    ...diagnose(all, dials),
    ...metricsOf('', {
      entropy: entropySum / positions,
      grad_norm: gradNorm / batches.length,
      examples: flat.length,
      'sampling/logp_difference_max': gap,
    }),
  };
}

/** TRL's metrics of the rollouts themselves. */
export function rolloutMetrics(groups: readonly JudgedGroup[]): Record<string, number> {
  const rewards = groups.flatMap((group) => group.rewards.map((one) => one.reward));
  const completions = groups.flatMap((group) => group.completions);
  const lengths = completions.map((completion) => completion.tokens.length);
  const spreads = groups.map((group) => deviation(group.rewards.map((one) => one.reward)));
  const names = Object.keys(groups[0]?.rewards[0]?.parts ?? {});
  const parts = names.map(
    (name) => [name, meanOf(groups.flatMap((group) => group.rewards.map((one) => one.parts[name])))] as const,
  );
  return metricsOf('', {
    reward: meanOf(rewards),
    reward_std: meanOf(spreads),
    frac_reward_zero_std: meanOf(groups.map((group) => (hasVariance(group.rewards.map((one) => one.reward)) ? 0 : 1))),
    'completions/mean_length': meanOf(lengths),
    'completions/max_length': lengths.reduce((most, length) => Math.max(most, length), 0),
    'completions/clipped_ratio': meanOf(completions.map((completion) => (completion.stop === 'length' ? 1 : 0))),
    ...Object.fromEntries(parts),
  });
}

/** The groups as the store keeps them. */
export function rolloutRecords(
  ctx: RunContext,
  role: Role,
  { iteration, step }: StepPlace,
  dials: Dials,
  groups: readonly (JudgedGroup & { promptText: string; label: string | null })[],
): RolloutGroup[] {
  return groups.map((group, at) => {
    const advantages = groupAdvantages(
      group.rewards.map((one) => one.reward),
      dials,
    );
    const rollouts = group.completions.map((completion, index): Rollout => ({
      completion: textOf(ctx, completion),
      tokens: completion.tokens.length,
      stop: completion.stop,
      reward: group.rewards[index].reward,
      parts: group.rewards[index].parts,
      advantage: advantages[index],
    }));
    return { role, iteration, step, group: at, prompt: group.promptText, label: group.label, rollouts };
  });
}

function trainedOf(group: JudgedGroup, dials: Dials): Trained[] {
  const advantages = groupAdvantages(
    group.rewards.map((one) => one.reward),
    dials,
  );
  return group.completions.map((completion, index) => ({
    example: toExample(group.prompt, completion.tokens),
    advantage: advantages[index],
    sampled: alignToExample(group.prompt.length, completion.logprobs),
    reference: null,
  }));
}

/** Largest difference between the sampler's and the trainer's log-probability of a token: should be rounding alone. */
function samplingGap(trained: readonly Trained[], terms: readonly Omit<LossTerms, 'scale'>[]): number {
  let gap = 0;
  trained.forEach(({ sampled, example }, index) => {
    for (let t = 0; t < sampled.length; t++) {
      if (example.mask[t]) gap = Math.max(gap, Math.abs(sampled[t] - terms[index].logprobs_T[t]));
    }
  });
  return gap;
}

/** Unbiased standard deviation. */
function deviation(values: readonly number[]): number {
  const mean = meanOf(values) ?? 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
