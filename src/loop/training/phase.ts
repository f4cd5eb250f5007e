/** The frame of a training phase, the same for every role: policy, reference and snapshots opened, kept and let go. */

import type { Policy, Sampler, WeightsRef } from '../../engine/engine.ts';
import type { Unit } from '../../store/store.ts';
import type { RoleName } from '../../types.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { grpoStep, type RewardedGroup, rolloutMetrics, rolloutRecords, withAdvantages } from './grpo-step.ts';
import { watchTraining } from '../watch/monitors.ts';
import { after, committedSteps, newestMetrics, runSteps, type StepOutcome } from '../cursor.ts';
import { roleNamed } from './roles.ts';
import { forgetPhase, type OpenPhase, openPhase, savePhase } from './weights.ts';

/** A group with what else the store keeps of it. */
export type PhaseGroup = RewardedGroup & { promptText: string; label: string | null };

/** What a role does in one step before the update: sample, reward, and what to remember of it. */
export interface Rollouts {
  groups: PhaseGroup[];
  unit?: Pick<Unit, 'questions' | 'attempts'>;
  metrics: Record<string, number>;
  shown?: StepOutcome['shown'];
}

export interface PhasePlan {
  /** In `ctx.roles`. */
  role: RoleName;
  iteration: number;
  steps: number;
  /** Weights that the phase starts from. */
  start: WeightsRef;
  /** Samples with the current policy, and rewards what it sampled. */
  rollOut(sampler: Sampler, place: StepPlace): Promise<Rollouts>;
}

/**
 * Runs the steps of a phase that are not durable yet. Every step commits, together with the policy's state; one
 * at which a monitor rolls the phase back forgets all its states and ends it. Its last step tells the phase.
 */
export async function runPhase(ctx: RunContext, plan: PhasePlan): Promise<void> {
  const { iteration, steps } = plan;
  const role = roleNamed(ctx.roles, plan.role);
  const { stage, dials } = role;
  if (committedSteps(ctx, iteration, stage) === Infinity) return;
  const anchor = dials.klReference === 'base' ? ctx.base : plan.start;
  const opened: { phase: OpenPhase | null; reference: Sampler | null } = { phase: null, reference: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.phase ??= await openPhase(ctx, role.name, iteration, plan.start);
    const { policy } = opened.phase;
    if (dials.klWeight > 0) opened.reference ??= await ctx.engine.openSampler(anchor);
    const rolled = await withSnapshot(ctx, policy, (sampler) => plan.rollOut(sampler, place));
    const groups = withAdvantages(rolled.groups, dials);
    const update = await grpoStep(ctx, place, { dials, policy, reference: opened.reference, groups });
    const metrics = named(role.metrics, { ...rolloutMetrics(groups), ...update, ...rolled.metrics });
    const { notices, rollback } = watchTraining(ctx, role, place, metrics);
    const unit = { ...rolled.unit, rollouts: rolloutRecords(ctx, role.name, place, groups) };
    const told = { metrics, notices, shown: rolled.shown };
    if (rollback) {
      const { forget, afterCommit } = forgetPhase(ctx, role.name, iteration);
      return {
        ...told,
        unit: { ...unit, forget },
        cursor: after(ctx, { iteration, stage, step: steps, steps }),
        afterCommit,
      };
    }
    const { weights, afterCommit } = await savePhase(ctx, role, place, opened.phase);
    return { ...told, unit: { ...unit, weights }, afterCommit };
  };
  try {
    await runSteps(ctx, { iteration, stage, steps }, body, () => newestMetrics(ctx, iteration, stage));
  } finally {
    await opened.reference?.close();
    await opened.phase?.policy.close();
  }
}

async function withSnapshot<T>(ctx: RunContext, policy: Policy, use: (sampler: Sampler) => Promise<T>): Promise<T> {
  const snapshot = await policy.publish();
  const sampler = await ctx.engine.openSampler(snapshot);
  try {
    return await use(sampler);
  } finally {
    await sampler.close();
    await ctx.engine.remove(snapshot);
  }
}

function named(prefix: string, metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${prefix}/${name}`, value]));
}
