/** The final output of a run: table, result and next steps. Pure: `RunSummary` to lines. */

import type { IterationSummary, RunSummary } from '../../events.ts';
import { illPosedShare, rightText } from '../../loop/pool/label-counts.ts';
import type { EvalResult, Notice } from '../../types.ts';
import { clean, count, duration, percent, percentage, shownPath, significant, splitTable, wrap } from './format.ts';
import { hasAudit, labelTable } from './labels.ts';
import type { Palette } from './palette.ts';
import { nextSteps } from './next-steps.ts';
import { openLegend, openReading, openTable } from './open.ts';
import { reading } from './reading.ts';
import { usageLine } from './usage.ts';

/** Most iterations whose columns have full headings. */
const MOST_NAMED = 3;

/**
 * One row per measure and one column per iteration, the base first: held-out scores, then numbers of the curriculum.
 * `labels right` and `ill-posed` are shares of all questions kept. Split into several tables if it is wider than
 * `columns`. `every` false leaves out the measures that need an explanation.
 */
export function iterationTable(rows: readonly IterationSummary[], columns: number, every: boolean): string[] {
  const k = rows[0]?.evaluation.samples ?? 0;
  const measured = (cellOf: (result: EvalResult) => string) => (row: IterationSummary) =>
    row.evaluation.questions === 0 ? '—' : cellOf(row.evaluation);
  const measures: Measure[] = [
    [`mean@${k}`, measured(({ mean }) => percent(mean.value))],
    ['95 % interval', measured(({ mean }) => `${percentage(mean.low)}–${percentage(mean.high)}`)],
    [`majority@${k}`, measured(({ majority }) => percent(majority.value))],
    ['greedy', measured(({ greedy }) => percent(greedy.value))],
    ...(every
      ? ([
          ['steps forced', measured(({ forced }) => percent(forced?.value ?? null))],
          ['shows steps', measured(({ worked }) => percent(worked, 0))],
        ] satisfies Measure[])
      : []),
    ...(rows.some(({ evaluation }) => evaluation.truncated > 0)
      ? [['cut off', measured((result) => percent(cutOffShare(result)))] satisfies Measure]
      : []),
    ['questions kept', ({ kept }) => (kept === null ? '—' : count(kept))],
    ['labels right', ({ labels }) => rightText(labels, percent)],
    ['ill-posed', ({ labels }) => (labels?.computed ? '—' : percent(labels && illPosedShare(labels)))],
    // Given answers are no votes, and the oracle may have no answer to the questions of a file.
    ['labels right, if known', ({ labels, labelAccuracy }) => percent(labels === null ? labelAccuracy : null)],
    ...(every
      ? [['difficulty', ({ difficulty }) => (difficulty === null ? '—' : significant(difficulty))] satisfies Measure]
      : []),
  ];
  const isLong = rows.length > MOST_NAMED + 1;
  const heading = rows.map(({ iteration }) =>
    iteration === 0 ? 'base' : isLong ? String(iteration) : `iteration ${iteration}`,
  );
  const lines = measures.map(([name, cellOf]) => [name, ...rows.map(cellOf)]);
  // A domain without an oracle or a worked prefix leaves some measures empty.
  const known = lines.filter(([, ...cells]) => cells.some((cell) => cell !== '—'));
  return splitTable([[isLong ? 'iteration' : '', ...heading], ...known], columns);
}

/** Name of a row, and its cell in an iteration's column. */
type Measure = [name: string, cellOf: (row: IterationSummary) => string];

/** Returns the share of sampled answers that the token limit cut off; they count in mean@k and majority@k. */
export function cutOffShare({ truncated, questions, samples }: EvalResult): number {
  return truncated / (questions * samples);
}

/** Style of the final lines, and the name that the user calls the program by. */
export interface SummaryStyle {
  palette: Palette;
  columns: number;
  program: string;
  /** Absolute folder in which a run is found by its id. */
  runsDir: string;
  /** All measures, instead of the few that a first reader needs. */
  verbose?: boolean;
  /** The run's seed; default: that of a run without `--seed`. */
  seed?: number;
}

/** Returns the table, the explanation, the result, the run's folder and the next steps. */
export function summaryLines(summary: RunSummary, style: SummaryStyle): string[] {
  const { palette, columns, verbose = false } = style;
  const lines: string[] = [''];
  if (summary.iterations.length > 0) {
    const [heading, ...rest] = iterationTable(summary.iterations, columns, verbose);
    lines.push(palette.bold(heading), ...rest, ...(verbose ? [] : legend(summary.iterations, style)), '');
  }
  lines.push(...openLines(summary.open ?? [], style));
  if (summary.outcome !== 'finished' || summary.explanation !== '') {
    lines.push(...wrap(explanation(summary), columns), '');
  }
  // The first table has the oracle's figures.
  const isShown = summary.supervised !== true && (verbose || hasAudit(summary.iterations));
  const labels = isShown ? labelTable(summary.iterations, columns) : [];
  if (labels.length > 0) lines.push(...labels, '');
  const notices = noticeLines(summary.notices ?? [], columns);
  if (notices.length > 0) lines.push(palette.bold('Notices'), ...notices, '');
  if (summary.iterations.length > 1) lines.push(...reading(summary, columns), '');
  lines.push(
    ...wrap(timeLine(summary), columns),
    ...(summary.usage === undefined ? [] : wrap(usageLine(summary.usage), columns)),
    ...wrap(`Saved in ${shownPath(summary.runDir, style.runsDir)}`, columns),
    '',
    ...nextSteps(summary, style),
  );
  return lines;
}

/** The table of a run on an open domain, and what it says. */
function openLines(rows: NonNullable<RunSummary['open']>, { palette, columns }: SummaryStyle): string[] {
  if (rows.length === 0) return [];
  const [heading, ...rest] = openTable(rows, columns);
  const legendLines = openLegend(rows, columns).map((line) => palette.dim(line));
  const reads = openReading(rows, columns);
  return [palette.bold(heading), ...rest, ...legendLines, '', ...(reads.length === 0 ? [] : [...reads, ''])];
}

/** Says what the scores are. */
function legend([first]: readonly IterationSummary[], { palette, columns }: SummaryStyle): string[] {
  const { questions, samples } = first.evaluation;
  if (questions === 0) return [];
  const text = `mean@${samples}: share of right answers, ${count(samples)} sampled for each of ${count(questions)} held-out questions. greedy: the most likely answer only.`;
  return wrap(text, columns).map((line) => palette.dim(line));
}

/** Maximum number of notices shown; the others are counted. */
const MOST_NOTICES = 8;

/** Returns the run's notices, one paragraph each. */
export function noticeLines(notices: readonly Notice[], columns: number): string[] {
  const lines = notices
    .slice(0, MOST_NOTICES)
    .flatMap(({ message }) => wrap(`! ${clean(message, 1000)}`, columns, '  '));
  const more = notices.length - MOST_NOTICES;
  return more > 0 ? [...lines, `  and ${more} more (rzero show --json)`] : lines;
}

function explanation(summary: RunSummary): string {
  if (summary.explanation !== '') return summary.explanation;
  return summary.outcome === 'stopped'
    ? 'Stopped before the end. Everything up to here is saved.'
    : 'Ended early: too few questions passed.';
}

function timeLine(summary: RunSummary): string {
  const share = summary.seconds > 0 ? summary.engineSeconds / summary.seconds : null;
  return `Time: ${duration(summary.seconds)}, of which the engine (sampling, scoring, training) took ${percent(share, 0)}.`;
}
