/** The final output of a run: table, result and next steps. Pure: `RunSummary` to lines. */

import { join } from 'node:path';
import type { IterationSummary, RunSummary } from '../../events.ts';
import { illPosedShare, rightShare } from '../../loop/pool/label-counts.ts';
import { doublingOption } from '../../loop/remote/budget.ts';
import { tokensOf } from '../../loop/remote/usage.ts';
import type { EvalResult, Notice } from '../../types.ts';
import { newRunCommand } from '../../store/failures.ts';
import { shellWord } from '../../text/shell.ts';
import { clean, count, duration, percent, percentage, shownPath, significant, splitTable, wrap } from './format.ts';
import { labelTable } from './labels.ts';
import type { Palette } from './palette.ts';
import { reading } from './reading.ts';
import { usageLine } from './usage.ts';

/**
 * One row per measure and one column per iteration, the base first: held-out scores, then numbers of the curriculum.
 * `labels right` and `ill-posed` are shares of all questions kept. Split into several tables if it is wider than `columns`.
 */
export function iterationTable(rows: readonly IterationSummary[], columns: number): string[] {
  const k = rows[0]?.evaluation.samples ?? 0;
  const measured = (cellOf: (result: EvalResult) => string) => (row: IterationSummary) =>
    row.evaluation.questions === 0 ? '—' : cellOf(row.evaluation);
  const measures: Measure[] = [
    [`mean@${k}`, measured(({ mean }) => percent(mean.value))],
    ['95 % interval', measured(({ mean }) => `${percentage(mean.low)}–${percentage(mean.high)}`)],
    [`majority@${k}`, measured(({ majority }) => percent(majority.value))],
    ['greedy', measured(({ greedy }) => percent(greedy.value))],
    ['steps forced', measured(({ forced }) => percent(forced?.value ?? null))],
    ['shows steps', measured(({ worked }) => percent(worked, 0))],
    ...(rows.some(({ evaluation }) => evaluation.truncated > 0)
      ? [['cut off', measured((result) => percent(cutOffShare(result)))] satisfies Measure]
      : []),
    ['questions kept', ({ kept }) => (kept === null ? '—' : count(kept))],
    ['labels right', ({ labels }) => percent(labels && rightShare(labels))],
    ['ill-posed', ({ labels }) => percent(labels && illPosedShare(labels))],
    // Given answers are no votes, and the oracle may have no answer to the questions of a file.
    ['labels right, if known', ({ labels, labelAccuracy }) => percent(labels === null ? labelAccuracy : null)],
    ['difficulty', ({ difficulty }) => (difficulty === null ? '—' : significant(difficulty))],
  ];
  const heading = rows.map(({ iteration }) => (iteration === 0 ? 'base' : `iteration ${iteration}`));
  const lines = measures.map(([name, cellOf]) => [name, ...rows.map(cellOf)]);
  // A domain without an oracle or a worked prefix leaves some measures empty.
  const known = lines.filter(([, ...cells]) => cells.some((cell) => cell !== '—'));
  return splitTable([['', ...heading], ...known], columns);
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
  /** The run's seed; default: that of a run without `--seed`. */
  seed?: number;
}

/** Returns the table, the explanation, the result, the run's folder and the next steps. */
export function summaryLines(summary: RunSummary, style: SummaryStyle): string[] {
  const { palette, columns } = style;
  const lines: string[] = [''];
  if (summary.iterations.length > 0) {
    const [heading, ...rest] = iterationTable(summary.iterations, columns);
    lines.push(palette.bold(heading), ...rest, '');
  }
  if (summary.outcome !== 'finished' || summary.explanation !== '') {
    lines.push(...wrap(explanation(summary), columns), '');
  }
  const labels = summary.supervised === true ? [] : labelTable(summary.iterations, columns);
  if (labels.length > 0) lines.push(...labels, '');
  const notices = noticeLines(summary.notices ?? [], columns);
  if (notices.length > 0) lines.push(palette.bold('Notices'), ...notices, '');
  // Supervised training has no iteration to choose.
  const isChosen = summary.supervised !== true;
  if (summary.iterations.length > 1) lines.push(...wrap(reading(summary, isChosen), columns), '');
  lines.push(
    ...wrap(timeLine(summary), columns),
    ...(summary.usage === undefined ? [] : wrap(usageLine(summary.usage), columns)),
    `Saved in ${shownPath(summary.runDir, style.runsDir)}`,
    '',
    ...nextSteps(summary, style),
  );
  return lines;
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

/** Returns a run's name for the command line: its id, or its folder if it is outside `runsDir`. */
export function runName(id: string, dir: string, runsDir: string): string {
  return dir === join(runsDir, id) ? id : dir;
}

/** The option that doubles a spent budget; empty if the run stopped for another reason. */
function raised({ budgetSpent, usage }: RunSummary): string {
  if (budgetSpent === undefined || usage === undefined) return '';
  return ` ${doublingOption(budgetSpent, budgetSpent === 'tokens' ? tokensOf(usage) : (usage.cost ?? 0))}`;
}

const LARGEST_SEED = 0xffffffff;

function nextSteps(summary: RunSummary, { palette, program, runsDir, seed = 1 }: SummaryStyle): string[] {
  const id = shellWord(runName(summary.runId, summary.runDir, runsDir));
  const again = newRunCommand(shownPath(summary.runDir, runsDir), program);
  const anotherSeed: [string, string] = [
    `${again} --seed ${(seed % LARGEST_SEED) + 1}`,
    'another seed: single runs vary by several points',
  ];
  const challenger: [string, string] = [
    `${program} chat --model ${id} --role challenger`,
    'see what its Challenger writes',
  ];
  const next: Record<RunSummary['outcome'], [command: string, what: string][]> = {
    stopped: [[`${program} resume ${id}${raised(summary)}`, 'continue at the next step']],
    'too-few-questions': [
      [`${program} show ${id}`, 'the questions, and why they were dropped'],
      ...(summary.supervised === true ? [] : [challenger]),
    ],
    collapsed: [
      [`${program} show ${id}`, 'the notices and the metrics around them'],
      ...(summary.supervised === true ? [] : [challenger]),
      [`${again} --set monitors.action=rollback`, 'a new run that rolls such a phase back and goes on'],
    ],
    finished: [
      [`${program} show ${id}`, 'scores, dropped questions and labels of every iteration'],
      [`${program} chat --model ${id}`, 'ask the Solver a question'],
      ...(summary.supervised === true ? [] : [anotherSeed]),
    ],
  };
  return [
    summary.outcome === 'stopped' ? 'To continue:' : 'Next steps:',
    ...next[summary.outcome].flatMap(([command, what]) => [`  ${palette.bold(command)}`, `      ${what}`]),
  ];
}
