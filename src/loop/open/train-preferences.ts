/**
 * Stage 5 of an open domain with hints: trains the Solver to prefer the response that a hint led to over the one without
 * it, from the task alone (G-Zero). Every pair is used once. Each step commits its results with the policy's state, like a
 * phase of GRPO (`training/phase.ts`).
 */

import type { Sampler, Tokens, WeightsRef } from '../../engine/engine.ts';
import { toExample } from '../../grpo/batch.ts';
import type { PreferenceDials } from '../../grpo/preference.ts';
import { deriveSeed, Random } from '../../random.ts';
import { MEASURED } from '../../roles.ts';
import { type GroupTokens, weightsName } from '../../store/steps/step-record.ts';
import type { Rollout, RolloutGroup } from '../../types.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { after, chunkCount, chunkOf, committedSteps, newestMetrics, runSteps, type StepOutcome } from '../cursor.ts';
import { fallingRate, type PreferenceOutcome, preferenceStep } from '../training/preference-step.ts';
import { roleNamed } from '../training/roles.ts';
import {
  forgetPhase,
  newestWeights,
  type OpenPhase,
  openPhase,
  savePhase,
  weightsOfPhase,
} from '../training/weights.ts';
import { watchTraining } from '../watch/monitors.ts';

/** Two responses to one task, as they were sampled. */
export interface TrainingPair {
  task: string;
  /** Prompt of the task without its hint. */
  prompt: Tokens;
  /** Tokens of the responses, including their ends. */
  chosen: Tokens;
  rejected: Tokens;
}

/** What a phase trains on. */
export interface PreferencePlan {
  iteration: number;
  /** Initial weights, which are also the reference. */
  start: WeightsRef;
  pairs: readonly TrainingPair[];
  /** Pairs of a step. */
  perStep: number;
  /** Maximum number of steps. */
  steps: number;
  dials: PreferenceDials;
}

/**
 * Runs the uncommitted steps of the phase, and returns the weights at its end. The learning rate of the Solver's settings
 * falls in a line to 0.
 * @throws StopRequested, RunEnded as `runSteps`
 */
export async function trainOnPreferences(ctx: RunContext, plan: PreferencePlan): Promise<WeightsRef> {
  const { iteration, start, pairs, perStep } = plan;
  const role = roleNamed(ctx.roles, MEASURED);
  const { stage, settings } = role;
  if (committedSteps(ctx, iteration, stage) === Infinity) return weightsOfPhase(ctx, role.name, iteration, start);
  const order = new Random(deriveSeed(ctx.config.seed, iteration, 'pairs')).shuffle(pairs);
  const steps = Math.min(plan.steps, chunkCount(order.length, perStep));
  const opened: { phase: OpenPhase | null; reference: Sampler | null } = { phase: null, reference: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.phase ??= await openPhase(ctx, role.name, iteration, start);
    opened.reference ??= await ctx.engine.openSampler(start, { role: role.name, reference: true });
    const batch = chunkOf(order, perStep, place.step);
    const weights = newestWeights(ctx, role.name, iteration, start);
    const options = { ...settings, learningRate: fallingRate(settings.learningRate, place) };
    const trained = await preferenceStep(ctx, place, {
      policy: opened.phase.policy,
      reference: opened.reference,
      pairs: batch.map(({ prompt, chosen, rejected }) => ({
        chosen: toExample(prompt, chosen),
        rejected: toExample(prompt, rejected),
      })),
      dials: plan.dials,
      options,
    });
    const metrics = Object.fromEntries(
      Object.entries(trained.metrics).map(([name, value]) => [`${role.metrics}/${name}`, value]),
    );
    const { notices, rollback } = watchTraining(ctx, role, place, metrics);
    const used = {
      settings: { ...options, ...plan.dials },
      weights: weightsName(weights),
      reference: weightsName(start),
    };
    const inputs = { role: role.name, iteration, step: place.step, ...used, groups: tokensOf(batch, trained) };
    const unit = {
      rollouts: recordsOf(ctx, place, batch, trained),
      ...(ctx.config.keep.tokens ? { trained: inputs } : {}),
    };
    if (rollback) {
      const { forget, afterCommit } = forgetPhase(ctx, role.name, iteration);
      const cursor = after(ctx, { iteration, stage, step: steps, steps });
      return { metrics, notices, unit: { ...unit, forget }, cursor, afterCommit };
    }
    const saved = await savePhase(ctx, role, place, opened.phase);
    return { metrics, notices, unit: { ...unit, weights: saved.weights }, afterCommit: saved.afterCommit };
  };
  try {
    const title = 'Solver learns to prefer the responses after hints';
    await runSteps(ctx, { iteration, stage, steps, title }, body, () => newestMetrics(ctx, iteration, stage));
  } finally {
    await opened.reference?.close();
    await opened.phase?.policy.close();
  }
  return weightsOfPhase(ctx, role.name, iteration, start);
}

/** Returns the tokens of a step for the store, so that it can be computed again. */
function tokensOf(batch: readonly TrainingPair[], { logprobs }: PreferenceOutcome): GroupTokens[] {
  return batch.map(({ prompt, chosen, rejected }, at) => ({
    prompt,
    completions: [
      { tokens: chosen, logprobs: logprobs[at].chosen },
      { tokens: rejected, logprobs: logprobs[at].rejected },
    ],
  }));
}

/** Returns the responses of a step for the store: the chosen one first, with reward 1, and the log-ratio as a part. */
function recordsOf(
  { tokenizer }: Pick<RunContext, 'tokenizer'>,
  { iteration, step }: StepPlace,
  batch: readonly TrainingPair[],
  { ratios }: PreferenceOutcome,
): RolloutGroup[] {
  const record = (tokens: Tokens, isChosen: boolean, ratio: number): Rollout => ({
    completion: tokenizer.decode(tokens, { skipSpecial: true }),
    tokens: tokens.length,
    stop: 'stop',
    reward: isChosen ? 1 : 0,
    parts: { log_ratio: ratio },
    advantage: 0,
  });
  return batch.map(({ task, chosen, rejected }, group) => ({
    role: MEASURED,
    iteration,
    step,
    group,
    prompt: task,
    label: null,
    rollouts: [record(chosen, true, ratios[group].chosen), record(rejected, false, ratios[group].rejected)],
  }));
}
