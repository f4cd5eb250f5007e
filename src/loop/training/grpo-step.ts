/**
 * One GRPO step of any role (DeepSeekMath, arXiv 2402.03300): takes groups of rollouts with rewards, updates the policy
 * and returns metrics. The mathematics is in `grpo/`; this file connects it to the engine.
 */

import type { TrainingDials } from '../../config/schema.ts';
import type {
  BackwardPass,
  Completion,
  Ctl,
  Example,
  Policy,
  Sampler,
  StepResult,
  Tokens,
} from '../../engine/engine.ts';
import { waitForAll } from '../../engine/flow/wait-for-all.ts';
import { groupAdvantages, hasVariance } from '../../grpo/advantages.ts';
import { exampleScales, type StepSize } from '../../grpo/aggregate.ts';
import { alignToExample, splitUpdates, toExample } from '../../grpo/batch.ts';
import { type LossTerms, tokenCoefficients } from '../../grpo/coefficients.ts';
import { diagnose } from '../../grpo/diagnostics.ts';
import type { Reward } from '../../rewards/reward.ts';
import type { RoleName, Rollout, RolloutGroup } from '../../types.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from '../context.ts';
import { textOf } from '../sampling.ts';
import { meanOf, metricsOf } from '../metrics.ts';

/** The rollouts of one prompt, with their rewards. */
export interface RewardedGroup {
  prompt: Tokens;
  completions: Completion[];
  rewards: Reward[];
  /** True for a group whose rewards are no evidence, so that it gets no advantages (`solver.labelGate`). */
  teachesNothing?: boolean;
}

/** A group with the advantages of its rollouts, for training and for the store. */
export type AdvantagedGroup<Group extends RewardedGroup = RewardedGroup> = Group & { advantages: Float64Array };

/** Adds the advantages to every group. */
export function withAdvantages<Group extends RewardedGroup>(
  groups: readonly Group[],
  settings: TrainingDials,
): AdvantagedGroup<Group>[] {
  return groups.map((group) => ({
    ...group,
    advantages: group.teachesNothing
      ? new Float64Array(group.rewards.length)
      : groupAdvantages(rewardsOf(group), settings).map((value, at) => value + (group.rewards[at].offset ?? 0)),
  }));
}

/** A rollout prepared for training. The arrays are aligned to the example's positions. */
interface Trained {
  example: Example;
  advantage: number;
  tokens: number;
  /** Log-probabilities from the sampler. */
  sampled: Float32Array;
  /** The trainer's log-probabilities before the first update; null if no separate pass computed them. */
  trainer: Float32Array | null;
  /** Log-probabilities under the reference model; null without KL. */
  reference: Float32Array | null;
}

/** Inputs of one step. */
export interface GrpoStep {
  settings: TrainingDials;
  policy: Policy;
  /** Reference model of the KL term; null = no KL term. */
  reference: Pick<Sampler, 'score'> | null;
  /** Whether the reference and the policy may be asked at the same time. */
  overlaps?: boolean;
  groups: readonly AdvantagedGroup[];
}

/**
 * Runs one backward pass and one optimizer update per mini-batch, and returns the metrics. With `dropZeroVariance` or
 * `labelGate`, groups without advantages are left out; if no group is left, there is no update.
 */
export async function grpoStep(
  ctx: CallContext,
  place: StepPlace,
  { settings, policy, reference, groups, overlaps = false }: GrpoStep,
): Promise<Record<string, number>> {
  const leavesOut = settings.dropZeroVariance || settings.labelGate === true;
  const teaching = groups.filter(({ advantages }) => !leavesOut || advantages.some((advantage) => advantage !== 0));
  const batches = splitUpdates(teaching.map(trainedOf), settings.updates).map((batch) => batch.flat());
  const all = batches.flat();
  if (all.length === 0) return { grad_norm: 0, examples: 0 };
  const examples = all.map((one) => one.example);
  const compare = async (): Promise<void> => {
    if (reference === null) return;
    const scores = await reference.score(examples, reporting(ctx, place, 'reference'));
    all.forEach((one, index) => (one.reference = scores[index]));
  };
  const recompute = async (): Promise<void> => {
    if (batches.length < 2 || settings.importanceCorrection === 'bypass') return;
    const logprobs = await policy.logprobs(examples, reporting(ctx, place, 'log-probabilities'));
    all.forEach((one, index) => (one.trainer = logprobs[index]));
  };
  const comparing = compare();
  if (!overlaps) await comparing;
  await waitForAll([comparing, recompute()]);
  const size: StepSize = { tokens: all.reduce((sum, one) => sum + one.tokens, 0), updates: batches.length };
  const updates: Update[] = [];
  for (const batch of batches) {
    updates.push(await update(policy, batch, { size, settings, ctl: reporting(ctx, place, 'training') }));
  }
  return { ...updateMetrics(updates, all, settings), ...gapMetrics(updates[0], batches[0], all) };
}

/** Numbers of one update; null if the engine does not report one. */
type Update = BackwardPass & StepResult;

/**
 * Runs one backward pass and one optimizer step. At the first update, the policy is still the one that sampled. With a
 * single update, every ratio is therefore 1, and the sampled log-probabilities replace a separate forward pass. They
 * differ from it only by rounding, which `sampling/logp_difference_max` reports. An importance correction weighs this
 * difference, so it needs the forward pass.
 */
async function update(
  policy: Policy,
  batch: readonly Trained[],
  { size, settings, ctl }: { size: StepSize; settings: TrainingDials; ctl: Ctl },
): Promise<Update> {
  const scales = exampleScales(
    batch.map((one) => one.tokens),
    settings,
    size,
  );
  const coefficientsOf = (index: number, logprobs_T: Float32Array): Float32Array =>
    tokenCoefficients({ ...termsOf(batch[index], logprobs_T, settings), scale: scales[index] }, settings);
  const coefficients =
    size.updates === 1 && settings.importanceCorrection === 'none'
      ? batch.map((one, index) => coefficientsOf(index, one.sampled))
      : coefficientsOf;
  const pass = await policy.accumulate(
    batch.map((one) => one.example),
    coefficients,
    ctl,
  );
  return { ...pass, ...(await policy.step(settings)) };
}

function termsOf(one: Trained, logprobs_T: Float32Array, settings: TrainingDials): Omit<LossTerms, 'scale'> {
  return {
    advantage: one.advantage,
    behaviour_T: settings.importanceCorrection === 'bypass' ? one.sampled : (one.trainer ?? logprobs_T),
    sampled_T: one.sampled,
    reference_T: one.reference,
    logprobs_T,
    mask_T: one.example.mask,
  };
}

function updateMetrics(
  updates: readonly Update[],
  all: readonly Trained[],
  settings: TrainingDials,
): Record<string, number> {
  const logprobs = updates.flatMap((one) => one.logprobs);
  const diagnosed = diagnose(
    all.map((one, index) => termsOf(one, logprobs[index], settings)),
    settings,
  );
  return {
    ...diagnosed,
    ...metricsOf('', {
      entropy: meanEntropy(updates),
      grad_norm: meanOf(updates.flatMap((one) => one.gradNorm ?? [])),
      examples: all.length,
    }),
  };
}

/** Returns nats per token; null if the engine does not report entropy. */
function meanEntropy(updates: readonly Update[]): number | null {
  let sum = 0;
  for (const { entropySum } of updates) {
    if (entropySum === null) return null;
    sum += entropySum;
  }
  return sum / updates.reduce((total, one) => total + one.positions, 0);
}

/** Returns metrics of the rollouts, named as in TRL. */
export function rolloutMetrics(groups: readonly RewardedGroup[]): Record<string, number> {
  const rewards = groups.flatMap((group) => rewardsOf(group));
  const completions = groups.flatMap((group) => group.completions);
  const lengths = completions.map((completion) => completion.tokens.length);
  const spreads = groups.map((group) => deviation(rewardsOf(group)));
  return metricsOf('', {
    reward: meanOf(rewards),
    reward_std: meanOf(spreads),
    frac_reward_zero_std: meanOf(groups.map((group) => (hasVariance(rewardsOf(group)) ? 0 : 1))),
    'completions/mean_length': meanOf(lengths),
    'completions/max_length': lengths.reduce((most, length) => Math.max(most, length), 0),
    'completions/clipped_ratio': meanOf(completions.map((completion) => (completion.stop === 'length' ? 1 : 0))),
    ...partMeans(groups.flatMap((group) => group.rewards)),
  });
}

/** Returns the mean of every named part, over the rewards that have it. */
function partMeans(rewards: readonly Reward[]): Record<string, number | null> {
  const names = [...new Set(rewards.flatMap(({ parts }) => Object.keys(parts)))];
  const meanOfPart = (name: string): number | null => meanOf(rewards.flatMap(({ parts }) => parts[name] ?? []));
  return Object.fromEntries(names.map((name) => [name, meanOfPart(name)]));
}

/** Converts the groups to records for the store. */
export function rolloutRecords(
  ctx: Pick<RunContext, 'tokenizer'>,
  role: RoleName,
  { iteration, step }: StepPlace,
  groups: readonly (AdvantagedGroup & { promptText: string; label: string | null })[],
): RolloutGroup[] {
  return groups.map((group, at) => {
    const rollouts = group.completions.map((completion, index): Rollout => ({
      completion: textOf(ctx, completion),
      tokens: completion.tokens.length,
      stop: completion.stop,
      reward: group.rewards[index].reward,
      parts: group.rewards[index].parts,
      advantage: group.advantages[index],
    }));
    return { role, iteration, step, group: at, prompt: group.promptText, label: group.label, rollouts };
  });
}

function rewardsOf(group: RewardedGroup): number[] {
  return group.rewards.map((one) => one.reward);
}

function trainedOf(group: AdvantagedGroup): Trained[] {
  return group.completions.map((completion, index) => ({
    example: toExample(group.prompt, completion.tokens),
    advantage: group.advantages[index],
    tokens: completion.tokens.length,
    sampled: alignToExample(group.prompt.length, completion.logprobs),
    trainer: null,
    reference: null,
  }));
}

/**
 * Compares the sampler's log-probabilities of the sampled tokens with the trainer's before any update: the largest and
 * the mean absolute difference, and an estimate of KL(sampler ‖ trainer) in nats per token (Schulman's k3, which is
 * never negative). On one machine they differ by rounding only; a service may sample with other kernels than it trains.
 * Without a separate pass of the trainer, the first update's forward pass is used.
 */
function gapMetrics(first: Update, batch: readonly Trained[], all: readonly Trained[]): Record<string, number> {
  const compared = all.every((one) => one.trainer !== null) ? all : batch;
  let [largest, sum, divergence, positions] = [0, 0, 0, 0];
  compared.forEach(({ sampled, trainer, example }, index) => {
    const own = trainer ?? first.logprobs[index];
    for (let t = 0; t < sampled.length; t++) {
      if (!example.mask[t]) continue;
      const difference = own[t] - sampled[t];
      largest = Math.max(largest, Math.abs(difference));
      sum += Math.abs(difference);
      divergence += Math.expm1(difference) - difference;
      positions++;
    }
  });
  return metricsOf('sampling/', {
    logp_difference_max: largest,
    logp_difference_mean: sum / positions,
    kl: divergence / positions,
  });
}

/** Returns the unbiased standard deviation. */
function deviation(values: readonly number[]): number {
  const mean = meanOf(values) ?? 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
