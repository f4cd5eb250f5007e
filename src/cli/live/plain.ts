/**
 * Turns one `RunEvent` into permanent lines of text. Pure. The plain output (pipes, logs) and the terminal with
 * its live line (`tty.ts`) both print these lines. `renderer.ts` keeps state between events.
 * Next: `metrics.ts`, `../render/`.
 */

import type { IterationSummary, RunEvent } from '../../events.ts';
import { illPosedShare, rightShare } from '../../loop/pool/label-counts.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import type { EngineUsage, EvalResult, QualityResult } from '../../types.ts';
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
} from '../render/format.ts';
import { isPoolStage, isTrainingStage, metricParts } from './metrics.ts';
import { deviceName } from '../render/device.ts';
import type { Palette } from '../render/palette.ts';
import { questionLines } from '../render/questions.ts';
import { stageName, stageSentence } from '../render/stages.ts';
import { cutOffShare, summaryLines } from '../render/summary.ts';
import { usageText } from '../render/usage.ts';

/** Context that the lines need in addition to the event. */
export interface LineContext {
  palette: Palette;
  /** Longest line; Infinity never breaks lines. */
  columns: number;
  /** All numbers, instead of the few that a first reader needs. */
  verbose: boolean;
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

/**
 * The permanent lines of one event; none for `progress`, `waiting`, `weights-saved` and `run-failed`, whose error the
 * command prints.
 */
export function eventLines(event: RunEvent, context: LineContext): string[] {
  const { palette, columns, verbose } = context;
  switch (event.type) {
    case 'download':
      return event.done === event.total ? [`downloaded ${clean(event.model)}: ${bytes(event.total)}`] : [];
    case 'run-start':
      return startLines(event, context);
    case 'iterations-changed':
      return [`  ${plural(event.to, 'iteration')} instead of ${event.from}`];
    case 'stage-start':
      return ['', ...titleLines(event, context)];
    case 'step':
      return isSummarized(event)
        ? []
        : flow(
            [
              `  ${stepName(event)}`,
              ...metricParts(event.stage, event.metrics, verbose),
              ...(verbose ? rateParts(context) : []),
              ...times(event, verbose),
              ...(verbose ? usedParts(context) : []),
            ],
            columns,
          );
    case 'questions':
      return questionLines(event.shown, palette, columns);
    case 'stage-end':
      return flow(
        [`  done in ${duration(event.seconds)}`, ...stageParts(event, verbose), ...usedParts(context)],
        columns,
      );
    case 'evaluation':
      return evaluationLines(event.result, context);
    case 'quality':
      return qualityLines(event.result, context);
    case 'iteration-end':
      return iterationLines(event.summary, context);
    case 'device':
      return wrap(`device ${deviceName(event)}: ${clean(event.reason, 500)}`, columns, '  ');
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

/** Progress of a step: `step 3/15 · votes 120/320 · 1 min 05 s left`, and with `verbose` its rate. */
export function progressLine(
  event: Extract<RunEvent, { type: 'progress' }>,
  remainingSeconds: number | null,
  verbose: boolean,
): string {
  const parts = [`step ${event.step + 1}/${event.steps}`, `${event.what} ${count(event.done)}/${count(event.total)}`];
  if (verbose && event.tokensPerSecond !== null) parts.push(`${compact(event.tokensPerSecond)} tokens/s`);
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
function stageParts(event: Extract<RunEvent, { type: 'stage-end' }>, verbose: boolean): string[] {
  return isPoolStage(event.stage) ? metricParts(event.stage, event.metrics, verbose) : [];
}

/** The use of a service so far, over all stages and sessions. */
function usedParts({ usage }: LineContext): string[] {
  return usage === null || usage === undefined ? [] : [`${usageText(usage)} so far`];
}

function rateParts({ rate }: LineContext): string[] {
  return rate === null ? [] : [`${compact(rate)} tokens/s`];
}

function startLines(event: Extract<RunEvent, { type: 'run-start' }>, context: LineContext): string[] {
  const { palette, columns, runsDir } = context;
  const facts = [
    clean(shownPath(event.domain, runsDir)),
    plural(event.iterations, 'iteration'),
    `seed ${event.seed}`,
    ...(event.threads === 0 ? [] : [plural(event.threads, 'thread')]),
    ...(event.service === undefined ? [] : [clean(event.service)]),
  ];
  const size = event.parameters === null ? [] : [`${compact(event.parameters)} parameters`];
  const adapter = event.adapter === null ? [] : [`LoRA: ${describeAdapter(event.adapter)}`];
  const lines = [
    ...flow([palette.bold(`run ${event.runId}`), ...facts], columns, '  '),
    ...flow([`  model ${clean(shownPath(event.model, runsDir))}`, ...size, ...adapter], columns, '    '),
  ];
  const cursor = event.resumedFrom;
  if (cursor !== null && cursor.stage !== 'done') {
    lines.push(`  continues at iteration ${cursor.iteration}, ${stageName(cursor.stage)}, step ${cursor.step + 1}`);
  }
  return lines;
}

function titleLines(event: Extract<RunEvent, { type: 'stage-start' }>, { palette, columns }: LineContext): string[] {
  const lines = wrap(stageSentence(event.iteration, event.stage, event.title), columns).map((line) =>
    palette.bold(line),
  );
  return event.done === 0 ? lines : [...lines, palette.dim(`  ${event.done} of ${event.steps} steps are already done`)];
}

function stepName(event: { step: number; steps: number }): string {
  const total = event.steps.toString();
  return `${(event.step + 1).toString().padStart(total.length)}/${total}`;
}

/** The time left in the stage, and with `verbose` that of the step. */
function times(event: Extract<RunEvent, { type: 'step' }>, verbose: boolean): string[] {
  const isLast = event.step + 1 >= event.steps;
  const left = event.remainingSeconds === null || isLast ? [] : [`${duration(event.remainingSeconds)} left`];
  return verbose ? [[duration(event.seconds), ...left].join(', ')] : left;
}

/** The score in words; with `verbose`, all other measures in a second line. */
function evaluationLines(result: EvalResult, context: LineContext): string[] {
  if (result.questions === 0) return [];
  const { base, palette, columns, verbose, domain = result.task } = context;
  const k = result.samples;
  const test = `${plural(result.questions, 'question')}${result.task === domain ? '' : ` of ${clean(result.task)}`}`;
  const compared =
    base === null || result.iteration === 0 || base.task !== result.task
      ? []
      : [`${gainPoints({ before: base.mean.value, after: result.mean.value })} points vs. base`];
  const score = `  ${palette.bold(`mean@${k} ${interval(result.mean)}`)}`;
  if (!verbose) return flow([score, ...compared, test], columns);
  const rest = [`majority@${k} ${percent(result.majority.value)}`, `greedy ${percent(result.greedy.value)}`];
  if (result.forced !== null) rest.push(`steps forced ${percent(result.forced.value)}`);
  if (result.worked !== null) rest.push(`shows steps ${percent(result.worked, 0)}`);
  if (result.truncated > 0) rest.push(`cut off ${percent(cutOffShare(result))}`);
  return [...flow([score, ...compared], columns), ...flow([`  ${rest[0]}`, ...rest.slice(1), test], columns)];
}

/** The hidden quality of an open domain; with `verbose`, its criteria as well. */
function qualityLines(result: QualityResult, { palette, columns, verbose }: LineContext): string[] {
  const { mean, variety, characters, byCriterion } = result;
  const parts = [
    ...(mean === null ? [] : [palette.bold(`hidden quality ${interval(mean)}`)]),
    `variety ${percent(variety)}`,
    `${count(Math.round(characters))} characters`,
    plural(result.tasks, 'task'),
  ];
  const criteria = Object.entries(byCriterion).map(([name, value]) => `${name} ${percent(value, 0)}`);
  return [
    ...flow([`  ${parts[0]}`, ...parts.slice(1)], columns),
    ...(verbose && criteria.length > 0 ? flow([`  ${criteria[0]}`, ...criteria.slice(1)], columns) : []),
  ];
}

function iterationLines(summary: IterationSummary, { palette, columns, verbose }: LineContext): string[] {
  if (summary.iteration === 0) return [];
  const parts = [`iteration ${summary.iteration} finished`];
  if (summary.kept !== null) parts.push(`trained on ${plural(summary.kept, 'question')}`);
  if (verbose && summary.agreement !== null) parts.push(`agreement ${percent(summary.agreement)}`);
  if (summary.labels !== null) {
    parts.push(summary.labels.computed ? 'labels computed' : `labels right ${percent(rightShare(summary.labels))}`);
    if (verbose && !summary.labels.computed) parts.push(`ill-posed ${percent(illPosedShare(summary.labels))}`);
  }
  return flow([`  ${parts[0]}`, ...parts.slice(1)], columns).map((line) => palette.dim(line));
}
