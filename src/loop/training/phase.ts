/** Runs a training phase, the same way for every role: opens, saves and closes its policy, reference and snapshots. */

import type { Completion, Policy, Sampler, Tokens, WeightsRef } from '../../engine/engine.ts';
import type { Unit } from '../../store/store.ts';
import type { RoleName } from '../../types.ts';
import type { RunContext, StepPlace } from '../context.ts';
import {
  type AdvantagedGroup,
  grpoStep,
  type RewardedGroup,
  rolloutMetrics,
  rolloutRecords,
  withAdvantages,
} from './grpo-step.ts';
import { PAST_END, pastEndMetric } from '../watch/past-end.ts';
import { watchTraining } from '../watch/monitors.ts';
import { after, committedSteps, newestMetrics, runSteps, type StepOutcome } from '../cursor.ts';
import { scoreEarly } from './reference-scores.ts';
import { roleNamed, type TrainedRole } from './roles.ts';
import { stepInputs } from './step-inputs.ts';
import { forgetPhase, newestWeights, type OpenPhase, openPhase, savePhase } from './weights.ts';

/** A group with the texts that the store needs. */
export type PhaseGroup = RewardedGroup & { promptText: string; label: string | null };

/** Rollouts of one step, before the update. */
export interface Rollouts {
  groups: PhaseGroup[];
  /** Questions and attempts to store. */
  unit?: Pick<Unit, 'questions' | 'attempts'>;
  metrics: Record<string, number>;
  shown?: StepOutcome['shown'];
}

/** Notifies the phase that a group is sampled, before its rewards are known; once per group of a step. */
export type GroupReady = (group: number, prompt: Tokens, completions: readonly Completion[]) => void;

/** What a phase trains, and how it samples. */
export interface PhasePlan {
  /** Name of a role in `ctx.roles`. */
  role: RoleName;
  iteration: number;
  steps: number;
  /** What the phase does, in place of the words for the stage. */
  title?: string;
  /** Initial weights. */
  start: WeightsRef;
  /** Samples with the current policy, and computes the rewards. `ready` may start work on a group early. */
  rollOut(sampler: Sampler, place: StepPlace, ready: GroupReady): Promise<Rollouts>;
}

/**
 * Runs the uncommitted steps of a phase. Every step commits its results together with the policy's state. If a monitor
 * rolls the phase back, the step removes all its states and ends it. The metrics of the phase are those of its last step.
 * @throws StopRequested, RunEnded as `runSteps`
 */
export async function runPhase(ctx: RunContext, plan: PhasePlan): Promise<void> {
  const { iteration, steps, title } = plan;
  const role = roleNamed(ctx.roles, plan.role);
  const { stage, settings } = role;
  if (committedSteps(ctx, iteration, stage) === Infinity) return;
  const anchor = settings.klReference === 'base' ? ctx.base : plan.start;
  const opened: { phase: OpenPhase | null; reference: Sampler | null } = { phase: null, reference: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.phase ??= await openPhase(ctx, role.name, iteration, plan.start);
    const { policy } = opened.phase;
    const weights = newestWeights(ctx, role.name, iteration, plan.start);
    if (settings.klWeight > 0)
      opened.reference ??= await ctx.engine.openSampler(anchor, { role: role.name, reference: true });
    const { rolled, groups, update } = await rollOutAndUpdate(ctx, place, {
      role,
      policy,
      reference: opened.reference,
      rollOut: plan.rollOut,
    });
    const pastEnd = pastEndMetric(
      ctx,
      groups.flatMap(({ completions }) => completions),
      `completions/${PAST_END}`,
    );
    const metrics = named(role.metrics, { ...rolloutMetrics(groups), ...pastEnd, ...update, ...rolled.metrics });
    const { notices, rollback } = watchTraining(ctx, role, place, metrics);
    const reference = opened.reference === null ? null : anchor;
    const inputs = stepInputs(role, place, { groups, weights, reference });
    const unit = {
      ...rolled.unit,
      rollouts: rolloutRecords(ctx, role.name, place, groups),
      ...(ctx.config.keep.tokens ? { trained: inputs } : {}),
    };
    const outcome = { metrics, notices, shown: rolled.shown };
    if (rollback) {
      const { forget, afterCommit } = forgetPhase(ctx, role.name, iteration);
      return {
        ...outcome,
        unit: { ...unit, forget },
        cursor: after(ctx, { iteration, stage, step: steps, steps }),
        afterCommit,
      };
    }
    const saved = await savePhase(ctx, role, place, opened.phase);
    return { ...outcome, unit: { ...unit, weights: saved.weights }, afterCommit: saved.afterCommit };
  };
  try {
    await runSteps(ctx, { iteration, stage, steps, title }, body, () => newestMetrics(ctx, iteration, stage));
  } finally {
    await opened.reference?.close();
    await opened.phase?.policy.close();
  }
}

interface Update extends Pick<PhasePlan, 'rollOut'> {
  role: TrainedRole;
  policy: Policy;
  reference: Sampler | null;
}

/**
 * Samples a step and updates the policy. An engine of concurrent calls scores the groups under the reference while
 * others are still being sampled, if all of them are trained on. The update itself waits for the last sample, because
 * services may sample from the weights that it changes.
 */
async function rollOutAndUpdate(
  ctx: RunContext,
  place: StepPlace,
  { role: { name, settings }, policy, reference, rollOut }: Update,
): Promise<{ rolled: Rollouts; groups: AdvantagedGroup<PhaseGroup>[]; update: Record<string, number> }> {
  const overlaps = ctx.engine.concurrent === true;
  const usesAll = !settings.dropZeroVariance && settings.labelGate !== true;
  const early = overlaps && reference !== null && usesAll ? scoreEarly(ctx, reference, place) : null;
  try {
    const ready: GroupReady = early?.ready ?? (() => undefined);
    const rolled = await withSnapshot(ctx, policy, name, (sampler) => rollOut(sampler, place, ready));
    const groups = withAdvantages(rolled.groups, settings);
    const update = await grpoStep(ctx, place, { settings, policy, reference: early ?? reference, groups, overlaps });
    return { rolled, groups, update };
  } finally {
    await early?.stop();
  }
}

/** Calls `use` with a sampler of the current policy, and removes the snapshot afterwards. */
async function withSnapshot<T>(
  { engine }: Pick<RunContext, 'engine'>,
  policy: Policy,
  role: RoleName,
  use: (sampler: Sampler) => Promise<T>,
): Promise<T> {
  const snapshot = await policy.publish();
  const sampler = await engine.openSampler(snapshot, { role });
  try {
    return await use(sampler);
  } finally {
    await sampler.close();
    await engine.remove(snapshot);
  }
}

function named(prefix: string, metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]));
}
