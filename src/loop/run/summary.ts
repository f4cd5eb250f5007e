/** Summarizes a run: a row per iteration, the best iteration, and the reason for the end. */

import type { IterationSummary, LabelAudit, LabelCounts, RunSummary } from '../../events.ts';
import type { RunStore, WeightsRecord } from '../../store/store.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import type { EvalResult, Notice } from '../../types.ts';
import { scoresOf } from '../6-evaluate.ts';
import { openIterations } from '../open/quality-results.ts';
import { bestIteration } from './best.ts';
import { areAudited, countLabels, votedLabels } from '../pool/label-counts.ts';
import { countVerdicts } from '../pool/label-metrics.ts';
import { remedyFor } from '../pool/remedy.ts';
import type { RunContext } from '../context.ts';
import { usageOf } from '../remote/usage.ts';
import { findRole, MEASURED, ROLES } from '../../roles.ts';
import { noticesOf } from '../watch/notices.ts';

/** Returns the row of an iteration; null if it has no evaluation yet. */
export function summarizeIteration({ store }: Pick<RunContext, 'store'>, iteration: number): IterationSummary | null {
  const evaluation = headlineEvaluations(store).find((one) => one.iteration === iteration);
  return evaluation === undefined ? null : iterationRow(store, evaluation);
}

/** Combines an evaluation with the metrics of its iteration's curriculum. */
export function iterationRow(store: Pick<RunStore, 'labels' | 'metrics'>, evaluation: EvalResult): IterationSummary {
  const { iteration } = evaluation;
  const metrics = new Map(store.metrics({ iteration, stage: 'filter' }).map(({ name, value }) => [name, value]));
  const audit = auditOf(metrics);
  return {
    iteration,
    evaluation,
    kept: metrics.get('pool/kept') ?? null,
    agreement: metrics.get('pool/agreement') ?? null,
    labels: keptLabels(store, iteration, metrics),
    labelAccuracy: metrics.get('pool/label_accuracy') ?? null,
    difficulty: metrics.get('pool/difficulty') ?? null,
    ...(audit === null ? {} : { audit }),
  };
}

/**
 * Counts the kept labels of an iteration; null without an oracle, and if the labels are given. Runs of earlier versions
 * have no metric that shows an oracle, so their labels show it.
 */
function keptLabels(
  store: Pick<RunStore, 'labels'>,
  iteration: number,
  metrics: ReadonlyMap<string, number>,
): LabelCounts | null {
  const computed = metrics.get('pool/labels_computed');
  if (computed !== undefined) return { labels: computed, right: computed, illPosed: 0, computed: true };
  const labels = votedLabels(store.labels(iteration));
  if (!metrics.has('pool/labels_right') && !areAudited(labels)) return null;
  return countLabels(labels.filter(({ dropped }) => dropped === null));
}

/** Returns the audit of an iteration's labels by planted questions, judge and other wordings; null without all of them. */
function auditOf(metrics: ReadonlyMap<string, number>): LabelAudit | null {
  const accuracy = metrics.get('audit/planted/label_accuracy');
  const planted = accuracy === undefined ? null : { accuracy, of: metrics.get('audit/planted/in_band') ?? 0 };
  const judge = judgedShare(metrics);
  const views = confirmedShare(metrics);
  if (planted === null && judge === null && views === null) return null;
  return { planted, judge, ...(views === null ? {} : { views }) };
}

/** Returns the share of labels that other wordings confirm; null if no label has other wordings. */
function confirmedShare(metrics: ReadonlyMap<string, number>): LabelAudit['views'] | null {
  const number = (name: string): number => metrics.get(`audit/views/${name}`) ?? 0;
  if (!metrics.has('audit/views/confirmed')) return null;
  return {
    value: number('confirmed'),
    low: number('confirmed_low'),
    high: number('confirmed_high'),
    of: number('questions') - number('without_views'),
  };
}

/** Returns the judge's decided verdicts, and the counts of the others; null if no label was to be judged. */
function judgedShare(metrics: ReadonlyMap<string, number>): LabelAudit['judge'] {
  const count = (name: string): number => metrics.get(`audit/judge/${name}`) ?? 0;
  const of = count('correct') + count('incorrect');
  const [undecided, failed] = [count('undecided'), count('failed')];
  if (of + undecided + failed === 0) return null;
  return { accuracy: of === 0 ? 0 : count('correct') / of, of, undecided, failed };
}

/** Summarizes the run so far. Seconds are summed over all sessions. */
export async function summarizeRun(
  ctx: Pick<RunContext, 'config' | 'store' | 'grader'>,
  outcome: RunSummary['outcome'],
  explanation: string,
): Promise<RunSummary> {
  const evaluated = Array.from({ length: ctx.config.iterations + 1 }, (_, iteration) =>
    summarizeIteration(ctx, iteration),
  );
  const iterations = evaluated.filter((row) => row !== null);
  const measured = iterations.filter((row) => row.evaluation.questions > 0).map((row) => row.iteration);
  const notices = noticesOf(ctx.store);
  const trained = ctx.store
    .allWeights()
    .filter((record) => record.role === MEASURED && !isStopped(notices, record))
    .map((record) => record.iteration);
  // Supervised training has no choice to make: its result is the trained Solver.
  const supervised = ctx.config.finetune.data !== 0;
  const best =
    measured.length > 0 && !supervised
      ? await bestIteration(
          ctx.grader,
          measured.map((iteration) => ({ iteration, votes: scoresOf(ctx, iteration).map((score) => score.votes) })),
        )
      : Math.max(0, ...trained);
  const usage = usageOf(ctx.store);
  const open = openIterations(ctx.store);
  return {
    runId: ctx.store.meta().id,
    runDir: ctx.store.dir,
    iterations,
    ...(open.length > 0 ? { open } : {}),
    best,
    outcome,
    seconds: total(ctx, 'time/seconds'),
    engineSeconds: total(ctx, 'time/engine_seconds'),
    explanation,
    ...(supervised ? { supervised } : {}),
    ...(notices.length > 0 ? { notices } : {}),
    ...(usage === null ? {} : { usage }),
  };
}

/** Returns whether a monitor ended the run while it trained these weights. */
function isStopped(notices: readonly Notice[], { role, iteration }: WeightsRecord): boolean {
  const stage = findRole(ROLES, 'name', role)?.stage;
  return notices.some((notice) => notice.action === 'stop' && notice.stage === stage && notice.iteration === iteration);
}

/** Explains why no row could be used for training. */
export function explainNoData({ store }: Pick<RunContext, 'store'>): string {
  const { kept: _, ...dropped } = countVerdicts(store.labels(1));
  const rows = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return `None of the ${rows} rows can be used for training: ${dropped['held-out']} are test questions, ${dropped.duplicate} are duplicates. Use other data, or hold out fewer rows (finetune.heldOut).`;
}

/** Explains, with counts, why too few questions of an iteration's pool are left to train on. */
export function explainTooFew(ctx: Pick<RunContext, 'config' | 'store' | 'facts'>, iteration: number): string {
  const labels = ctx.store.labels(iteration);
  const { kept, ...dropped } = countVerdicts(labels);
  const words: Record<keyof typeof dropped, string> = {
    invalid: 'not in the required format',
    'held-out': 'part of the held-out test',
    duplicate: 'duplicates',
    'near-earlier': 'similar to a question of an earlier iteration',
    'no-answer': 'without an answer from the Solver',
    'forbidden-text': 'with forbidden text',
    'too-easy': 'too easy (agreement above the band)',
    'too-hard': 'too hard (agreement below the band)',
    'no-truth': 'without an answer from the oracle',
    unreadable: 'without other wordings',
    'views-disagree': 'with another answer on their other wordings',
    'verifier-rejects': 'whose label the Verifier does not accept',
    'low-spread': 'below the band (open)',
    'high-spread': 'above the band (open)',
    'no-shift': 'with an empty response',
    'too-short': 'with too short a response',
    'too-long': 'with too long a response',
    'longer-than-rejected': 'with a response much longer than the one without the hint',
    repetitive: 'with a repetitive response',
    'repeats-task': 'with a response that repeats the task',
    'role-marker': 'with a response that begins as a turn of a chat',
    surplus: 'above filter.maxQuestions',
  };
  const posed = kept + Object.values(dropped).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(dropped).flatMap(([reason, count]) =>
    count === 0 ? [] : [`${count} ${words[reason as keyof typeof dropped]}`],
  );
  return (
    `Iteration ${iteration} ended early: ${kept} of ${posed} questions passed the filter; at least ${ctx.config.filter.minQuestions} are needed (filter.minQuestions). ` +
    `Dropped: ${reasons.length === 0 ? 'none' : reasons.join(', ')}. ` +
    `For a new run: ${remedyFor({ labels, attempts: ctx.store.poolOutcomes(iteration), facts: ctx.facts ?? [] })}`
  );
}

function total({ store }: Pick<RunContext, 'store'>, name: string): number {
  return store.metrics({ name }).reduce((sum, metric) => sum + metric.value, 0);
}
