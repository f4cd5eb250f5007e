/**
 * Turns one `RunEvent` into permanent lines of text. Pure. The plain output (pipes, logs) and the terminal with
 * its live line (`tty.ts`) both print these lines. `renderer.ts` keeps state between events.
 * Next: `format.ts`, `metrics.ts`, `summary.ts`.
 */

import type { IterationSummary, RunEvent } from '../../events.ts';
import { illPosedShare, rightShare } from '../../loop/pool/label-counts.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { findRole, ROLES, STAGES } from '../../roles.ts';
import type { EngineUsage, EvalResult, StageName } from '../../types.ts';
import {
  bytes,
  clean,
  compact,
  count,
  duration,
  flow,
  gainPoints,
  interval,
  percent,
  plural,
  shownPath,
  wrap,
} from './format.ts';
import { isPoolStage, isTrainingStage, metricParts } from './metrics.ts';
import type { Palette } from './palette.ts';
import { questionLines } from './questions.ts';
import { cutOffShare, summaryLines } from './summary.ts';
import { usageText } from './usage.ts';

/** Context that the lines need in addition to the event. */
export interface LineContext {
  palette: Palette;
  /** Longest line; Infinity never breaks lines. */
  columns: number;
  /** How the user calls the program: `rzero` or `npx rzero`. */
  program: string;
  /** Absolute folder in which a run is found by its id alone. */
  runsDir: string;
  /** The base model's evaluation, once it is known. */
  base: EvalResult | null;
  /** The run's seed, once it is known. */
  seed?: number;
  /** The run's domain, once it is known. The domain's own test is shown without a name. */
  domain?: string;
  /** Tokens per second of the step that just ended, where known. */
  rate: number | null;
  /** What the run has used of its service so far; null if nothing counts it. */
  usage?: EngineUsage | null;
}

/** Titles of the stages that do not train a role. */
const STAGE_WORK: Record<string, string> = {
  propose: 'propose questions',
  vote: 'vote on answers',
  filter: 'filter by agreement',
  evaluate: 'evaluate on the held-out test',
};

/** Title of a stage, numbered in the paper's order. */
export function stageName(stage: StageName): string {
  if (stage === 'baseline') return 'base model on the held-out test';
  const role = findRole(ROLES, 'stage', stage);
  const work = role === undefined ? (STAGE_WORK[stage] ?? stage) : `train the ${role.title}`;
  return `${STAGES.findIndex((one) => one === stage) + 1} ${work}`;
}

/**
 * The permanent lines of one event; none for `progress`, `waiting`, `weights-saved` and `run-failed`, whose error the
 * command prints.
 */
export function eventLines(event: RunEvent, context: LineContext): string[] {
  const { palette, columns } = context;
  switch (event.type) {
    case 'download':
      return event.done === event.total ? [`downloaded ${clean(event.model)}: ${bytes(event.total)}`] : [];
    case 'run-start':
      return startLines(event, context);
    case 'iterations-changed':
      return [`  ${plural(event.to, 'iteration')} instead of ${event.from}`];
    case 'stage-start':
      return ['', palette.bold(stageTitle(event)) + palette.dim(resumed(event.done, event.steps))];
    case 'step':
      return isSummarized(event)
        ? []
        : flow(
            [
              `  ${stepName(event)}`,
              ...metricParts(event.stage, event.metrics),
              ...rateParts(context),
              times(event),
              ...usedParts(context),
            ],
            columns,
          );
    case 'questions':
      return questionLines(event.shown, palette, columns);
    case 'stage-end':
      return flow([`  done in ${duration(event.seconds)}`, ...stageParts(event), ...usedParts(context)], columns);
    case 'evaluation':
      return evaluationLines(event.result, context);
    case 'iteration-end':
      return iterationLines(event.summary, context);
    case 'service':
      return flow([`  service ${clean(event.service)}`, clean(event.message, 1000)], columns);
    case 'warning':
      return warningLines(event.message, context);
    case 'notice':
      return warningLines(event.notice.message, context);
    case 'run-end':
      return summaryLines(event.summary, context);
    case 'progress':
    case 'waiting':
    case 'run-failed':
    case 'weights-saved':
      return [];
  }
}

function warningLines(message: string, { palette, columns }: LineContext): string[] {
  return wrap(`! ${clean(message, 1000)}`, columns, '  ').map((line) => palette.yellow(line));
}

/** Progress of a step: `  3/15 votes 120/320 · 4.2 k tokens/s · 1 min 05 s left`. */
export function progressLine(event: Extract<RunEvent, { type: 'progress' }>, remainingSeconds: number | null): string {
  const parts = [`step ${event.step + 1}/${event.steps}`, `${event.what} ${count(event.done)}/${count(event.total)}`];
  if (event.tokensPerSecond !== null) parts.push(`${compact(event.tokensPerSecond)} tokens/s`);
  if (remainingSeconds !== null) parts.push(`${duration(remainingSeconds)} left`);
  return parts.join(' · ');
}

/** Progress of a download: `model.safetensors · 120 MB of 1.2 GB · 12 MB/s · 1 min 30 s left`. */
export function downloadLine(event: Extract<RunEvent, { type: 'download' }>): string {
  const { file, done, total, bytesPerSecond } = event;
  const parts = [clean(file), total === null ? bytes(done) : `${bytes(done)} of ${bytes(total)}`];
  if (bytesPerSecond !== null) {
    parts.push(`${bytes(bytesPerSecond)}/s`);
    if (total !== null) parts.push(`${duration((total - done) / bytesPerSecond)} left`);
  }
  return parts.join(' · ');
}

/** Returns whether the lines at the end of the stage repeat the numbers of its only step. */
function isSummarized({ stage, steps }: Extract<RunEvent, { type: 'step' }>): boolean {
  return steps === 1 && !isTrainingStage(stage);
}

/** Only the pool stages summarize here: training shows its steps, an evaluation its own lines. */
function stageParts(event: Extract<RunEvent, { type: 'stage-end' }>): string[] {
  return isPoolStage(event.stage) ? metricParts(event.stage, event.metrics) : [];
}

/** The use of a service so far, over all stages and sessions. */
function usedParts({ usage }: LineContext): string[] {
  return usage === null || usage === undefined ? [] : [`${usageText(usage)} so far`];
}

function rateParts({ rate }: LineContext): string[] {
  return rate === null ? [] : [`${compact(rate)} tokens/s`];
}

function startLines(
  event: Extract<RunEvent, { type: 'run-start' }>,
  { palette, columns, runsDir }: Pick<LineContext, 'palette' | 'columns' | 'runsDir'>,
): string[] {
  const facts = [
    event.domain,
    `${clean(shownPath(event.model, runsDir))}${event.parameters === null ? '' : ` (${compact(event.parameters)} parameters)`}`,
    ...(event.adapter === null ? [] : [`LoRA: ${describeAdapter(event.adapter)}`]),
    plural(event.iterations, 'iteration'),
    `seed ${event.seed}`,
    ...(event.threads === 0 ? [] : [plural(event.threads, 'thread')]),
    ...(event.service === undefined ? [] : [clean(event.service)]),
  ];
  const lines = flow([palette.bold(`run ${event.runId}`), ...facts], columns, '    ');
  const cursor = event.resumedFrom;
  if (cursor !== null && cursor.stage !== 'done') {
    lines.push(`continues at iteration ${cursor.iteration}, ${stageName(cursor.stage)}, step ${cursor.step + 1}`);
  }
  return lines;
}

function stageTitle({ iteration, stage, title }: Extract<RunEvent, { type: 'stage-start' }>): string {
  const name = title ?? stageName(stage);
  return iteration === 0 ? name : `iteration ${iteration} · ${name}`;
}

function resumed(done: number, steps: number): string {
  return done > 0 ? ` · ${done} of ${steps} already done` : '';
}

function stepName(event: { step: number; steps: number }): string {
  const total = event.steps.toString();
  return `${(event.step + 1).toString().padStart(total.length)}/${total}`;
}

function times(event: Extract<RunEvent, { type: 'step' }>): string {
  const isLast = event.step + 1 >= event.steps;
  const left = event.remainingSeconds === null || isLast ? '' : `, ${duration(event.remainingSeconds)} left`;
  return `${duration(event.seconds)}${left}`;
}

function evaluationLines(result: EvalResult, context: LineContext): string[] {
  if (result.questions === 0) return [];
  const { base, palette, columns, domain = result.task } = context;
  const isOwn = result.task === domain;
  const change =
    base === null || result.iteration === 0 || base.task !== result.task
      ? ''
      : ` (${gainPoints({ before: base.mean.value, after: result.mean.value })} points vs. base)`;
  const k = result.samples;
  const rest = [`majority@${k} ${percent(result.majority.value)}`, `greedy ${percent(result.greedy.value)}`];
  if (result.forced !== null) rest.push(`steps forced ${percent(result.forced.value)}`);
  if (result.worked !== null) rest.push(`shows steps ${percent(result.worked, 0)}`);
  if (result.truncated > 0) rest.push(`cut off ${percent(cutOffShare(result))}`);
  rest.push(`${plural(result.questions, 'question')}${isOwn ? '' : ` of ${clean(result.task)}`}`);
  return [
    `  ${palette.bold(`mean@${k} ${interval(result.mean)}`)}${change}`,
    ...flow([`  ${rest[0]}`, ...rest.slice(1)], columns),
  ];
}

function iterationLines(
  summary: IterationSummary,
  { palette, columns }: Pick<LineContext, 'palette' | 'columns'>,
): string[] {
  if (summary.iteration === 0) return [];
  const parts = [`iteration ${summary.iteration} finished`];
  if (summary.kept !== null) parts.push(`trained on ${plural(summary.kept, 'question')}`);
  if (summary.agreement !== null) parts.push(`agreement ${percent(summary.agreement)}`);
  if (summary.labels !== null) {
    parts.push(`labels right ${percent(rightShare(summary.labels))}`);
    parts.push(`ill-posed ${percent(illPosedShare(summary.labels))}`);
  }
  return flow([`  ${parts[0]}`, ...parts.slice(1)], columns).map((line) => palette.dim(line));
}
