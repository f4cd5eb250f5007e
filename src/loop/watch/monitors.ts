/**
 * Watches a run for collapse: entropy, distinct clusters, completion length, attempts without an answer, groups
 * without variance, and agreement that outgrows the truth. Reads what steps committed, says what tripped
 * (`thresholds.ts`) and what `monitors.action` makes of it. It ends and rolls back nothing itself: stages do.
 */

import type { LabelledQuestion, Notice, Question, StageName, VoteTally } from '../../types.ts';
import { clusterShares } from '../../text/repetition.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { findRole, type RoleSpec } from '../../roles.ts';
import { type Crossing, trips, type WatchedNumbers } from './thresholds.ts';
import { meanOf } from '../metrics.ts';

/** What a step's monitors came to. */
export interface Watched {
  notices: Notice[];
  /** The stage must give up its weights, or its curriculum, and end here. */
  rollback: boolean;
}

/** What the monitors use of a run. */
type MonitorContext = Pick<RunContext, 'config' | 'roles' | 'store'>;

/** Looks at a training step before it is committed, and at the steps before it. */
export function watchTraining(
  ctx: MonitorContext,
  role: Pick<RoleSpec, 'metrics'>,
  place: StepPlace,
  metrics: Record<string, number>,
): Watched {
  const { iteration, stage, step } = place;
  const { monitors } = ctx.config;
  if (monitors.action === 'off') return QUIET;
  const before: Record<string, number>[] = Array.from({ length: step }, () => ({}));
  for (const row of ctx.store.metrics({ iteration, stage })) {
    if (row.step < step) before[row.step][row.name] = row.value;
  }
  const steps = [...before, metrics].map((one) => numbersOf(one, role.metrics));
  return act(ctx, place, trips(steps, monitors, firstLength(ctx, role.metrics) ?? steps[0].length ?? null));
}

/** Looks at a whole labelled pool. There is one in an iteration, so patience does not apply. */
export function watchPool(
  ctx: Pick<RunContext, 'config' | 'roles'>,
  place: StepPlace,
  metrics: Record<string, number>,
): Watched {
  const { monitors } = ctx.config;
  if (monitors.action === 'off') return QUIET;
  return act(ctx, place, trips([numbersOf(metrics, 'pool')], { ...monitors, patience: 1 }, null));
}

/** Distinct clusters / questions, among the valid; null for none. Clusters are the repetition penalty's. */
export function distinctShare(ctx: Pick<RunContext, 'config'>, questions: readonly Question[]): number | null {
  const valid = questions.filter((question) => question.invalid === null);
  if (valid.length === 0) return null;
  const texts = valid.map(({ text }) => text);
  return clusterShares(texts, ctx.config.challenger.repetitionThreshold).clusters / valid.length;
}

/** Attempts without an answer / attempts; null for none. */
export function unansweredShare(tallies: readonly VoteTally[]): number | null {
  const attempts = tallies.reduce((sum, tally) => sum + tally.attempts, 0);
  return attempts === 0 ? null : tallies.reduce((sum, tally) => sum + tally.unanswered, 0) / attempts;
}

/** Agreement minus label accuracy, over the labels whose truth is known; null for none. */
export function agreementGap(labels: readonly LabelledQuestion[]): number | null {
  return meanOf(
    labels.flatMap(({ tally, labelCorrect }) =>
      labelCorrect === null ? [] : [tally.agreement - Number(labelCorrect)],
    ),
  );
}

const QUIET: Watched = { notices: [], rollback: false };

function numbersOf(metrics: Record<string, number>, prefix: string): WatchedNumbers {
  return {
    entropy: metrics[`${prefix}/entropy`],
    clusters: metrics[`${prefix}/clusters`],
    length: metrics[`${prefix}/completions/mean_length`],
    unanswered: metrics[`${prefix}/unanswered`],
    zeroVariance: metrics[`${prefix}/frac_reward_zero_std`],
    agreementGap: metrics[`${prefix}/agreement_gap`],
  };
}

/** Mean completion length of the role's first step of the run; null while it has none. */
function firstLength(ctx: Pick<RunContext, 'store'>, prefix: string): number | null {
  const rows = ctx.store.metrics({ name: `${prefix}/completions/mean_length` });
  return rows.toSorted((a, b) => a.iteration - b.iteration || a.step - b.step)[0]?.value ?? null;
}

function act(ctx: Pick<RunContext, 'config' | 'roles'>, place: StepPlace, tripped: readonly Crossing[]): Watched {
  const { action } = ctx.config.monitors;
  if (action === 'off') return QUIET;
  const { iteration, stage, step } = place;
  const notices = tripped.map(({ about, value, limit, says }): Notice => ({
    iteration,
    stage,
    step,
    about,
    action,
    value,
    limit,
    message: `Iteration ${iteration}, ${whereIn(ctx, stage)}, step ${step + 1}: ${says}. ${consequence(action, stage)}`,
  }));
  return { notices, rollback: action === 'rollback' && notices.length > 0 };
}

/** What happens in a stage that is watched: the training of a role, or the filter. */
function whereIn({ roles }: Pick<RunContext, 'roles'>, stage: StageName): string {
  const role = findRole(roles, 'stage', stage);
  return role === undefined ? 'the labelled pool' : `training the ${role.title}`;
}

function consequence(action: Notice['action'], stage: StageName): string {
  if (action === 'warn') return 'This may be collapse; the run continues (monitors.action).';
  if (action === 'stop') return 'The run ends here (monitors.action).';
  return stage === 'filter'
    ? 'The Challenger goes back to its weights before this iteration, and the Solver is not trained in it (monitors.action).'
    : 'This role goes back to its weights before this iteration, and the run continues with the next stage (monitors.action).';
}
