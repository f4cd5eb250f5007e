/**
 * Watches a run for collapse: entropy, distinct clusters, completion length, attempts without an answer, groups without
 * reward variance, agreement above label accuracy, and a Verifier that is pleased or says always the same. It compares committed metrics with limits (`thresholds.ts`) and
 * returns notices, and whether to roll back (`monitors.action`). The stages end the run or roll back.
 */

import type { LabelledQuestion, Notice, Question, StageName, VoteTally } from '../../types.ts';
import { clusterShares } from '../../text/repetition.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { findRole, type RoleSpec, VERIFIER_STAGES } from '../../roles.ts';
import { type Crossing, trips, type WatchedNumbers } from './thresholds.ts';
import { meanOf } from '../metrics.ts';

/** The result of watching a step. */
export interface Watched {
  notices: Notice[];
  /** The stage must discard its weights or its curriculum, and end. */
  rollback: boolean;
}

/** What the monitors use of a run. */
type MonitorContext = Pick<RunContext, 'config' | 'roles' | 'store'>;

/** Checks a training step before it is committed, together with the steps before it. */
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

/** Checks a labelled pool. `monitors.patience` does not apply, because an iteration has one pool. */
export function watchPool(
  ctx: Pick<RunContext, 'config' | 'roles'>,
  place: StepPlace,
  metrics: Record<string, number>,
): Watched {
  const { monitors } = ctx.config;
  if (monitors.action === 'off') return QUIET;
  return act(ctx, place, trips([numbersOf(metrics, 'pool')], { ...monitors, patience: 1 }, null));
}

/** Checks the verdicts of a Verifier on fresh attempts. `monitors.patience` does not apply, because it is tested once. */
export function watchVerifier(
  ctx: Pick<RunContext, 'config' | 'roles'>,
  place: StepPlace,
  metrics: Record<string, number>,
): Watched {
  const { monitors } = ctx.config;
  if (monitors.action === 'off') return QUIET;
  return act(ctx, place, trips([verdictNumbers(metrics)], { ...monitors, patience: 1 }, null));
}

/** Returns distinct clusters / valid questions; null without valid questions. Clusters as in the repetition penalty. */
export function distinctShare(ctx: Pick<RunContext, 'config'>, questions: readonly Question[]): number | null {
  const valid = questions.filter((question) => question.invalid === null);
  if (valid.length === 0) return null;
  const texts = valid.map(({ text }) => text);
  return clusterShares(texts, ctx.config.challenger.repetitionThreshold).clusters / valid.length;
}

/** Returns attempts without an answer / attempts; null without attempts. */
export function unansweredShare(tallies: readonly VoteTally[]): number | null {
  const attempts = tallies.reduce((sum, tally) => sum + tally.attempts, 0);
  return attempts === 0 ? null : tallies.reduce((sum, tally) => sum + tally.unanswered, 0) / attempts;
}

/**
 * Returns mean agreement minus accuracy, over the labels whose question has an answer; null without any. Ill-posed
 * questions are left out: they do not show whether the votes agree on a wrong answer.
 */
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

function verdictNumbers(metrics: Record<string, number>): WatchedNumbers {
  const yes = metrics['verdicts/yes'];
  const caught = Object.entries(metrics).flatMap(([name, value]) =>
    name.startsWith('verdicts/caught/') ? [value] : [],
  );
  return {
    judgeGap: metrics['verdicts/judge_gap'],
    oneVerdict: yes === undefined ? undefined : Math.max(yes, 1 - yes),
    corruptions: caught.length === 0 ? undefined : Math.min(...caught),
    variety: metrics['verdicts/variety'],
  };
}

/** Returns the mean completion length of the role's first step in the run; null before it. */
function firstLength(ctx: Pick<RunContext, 'store'>, prefix: string): number | null {
  const rows = ctx.store.metrics({ name: `${prefix}/completions/mean_length` });
  return rows.toSorted((a, b) => a.iteration - b.iteration || a.step - b.step)[0]?.value ?? null;
}

function act(ctx: Pick<RunContext, 'config' | 'roles'>, place: StepPlace, tripped: readonly Crossing[]): Watched {
  const { action } = ctx.config.monitors;
  if (action === 'off') return QUIET;
  const { iteration, stage, step } = place;
  const notices = tripped.map(({ about, value, limit, text }): Notice => ({
    iteration,
    stage,
    step,
    about,
    action,
    value,
    limit,
    message: `Iteration ${iteration}, ${whereIn(ctx, stage)}, step ${step + 1}: ${text}. ${consequence(action, stage)}`,
  }));
  return { notices, rollback: action === 'rollback' && notices.length > 0 };
}

/** Names the watched stage for messages. */
function whereIn({ roles }: Pick<RunContext, 'roles'>, stage: StageName): string {
  if (stage === VERIFIER_STAGES[1]) return 'testing the Verifier';
  const role = findRole(roles, 'stage', stage);
  return role === undefined ? 'the labelled pool' : `training the ${role.title}`;
}

function consequence(action: Notice['action'], stage: StageName): string {
  if (action === 'warn') return 'This may indicate collapse. The run continues (monitors.action).';
  if (action === 'stop') return 'The run ends here (monitors.action).';
  return stage === 'filter'
    ? 'The Challenger is reset to its weights before this iteration, and the Solver skips training in this iteration (monitors.action).'
    : 'This role is reset to its weights before this iteration. The run continues with the next stage (monitors.action).';
}
