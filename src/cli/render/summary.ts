/** The closing table of a run and what follows it. Pure: `RunSummary` to lines. */

import { join } from 'node:path';
import type { IterationSummary, RunSummary } from '../../events.ts';
import type { Notice } from '../../types.ts';
import { clean, count, duration, pad, percent, significant, table, wrap } from './format.ts';
import { labelTable } from './labels.ts';
import type { Palette } from './palette.ts';
import { reading } from './reading.ts';

/** One row per iteration, the base first: sampled, majority, greedy and steps-forced scores, and the curriculum's numbers. */
export function iterationTable(rows: readonly IterationSummary[]): string[] {
  const k = rows[0]?.evaluation.samples ?? 0;
  const heading = [
    '',
    `mean@${k}`,
    '95 %',
    `majority@${k}`,
    'greedy',
    'steps forced',
    'show steps',
    'kept',
    'labels right',
    'difficulty',
  ];
  return table([heading, ...rows.map(row)]);
}

function row(summary: IterationSummary): string[] {
  const { evaluation } = summary;
  const name = summary.iteration === 0 ? 'base' : `iteration ${summary.iteration}`;
  if (evaluation.questions === 0) return [name, ...Array<string>(6).fill('—'), ...pool(summary)];
  return [
    name,
    percent(evaluation.mean.value),
    `${(evaluation.mean.low * 100).toFixed(1)}–${(evaluation.mean.high * 100).toFixed(1)}`,
    percent(evaluation.majority.value),
    percent(evaluation.greedy.value),
    percent(evaluation.forced?.value ?? null),
    percent(evaluation.worked, 0),
    ...pool(summary),
  ];
}

function pool(summary: IterationSummary): string[] {
  return [
    summary.kept === null ? '—' : count(summary.kept),
    percent(summary.labelAccuracy),
    summary.difficulty === null ? '—' : significant(summary.difficulty),
  ];
}

/** How the closing lines look, and by what name the program is called here. */
export interface SummaryStyle {
  palette: Palette;
  columns: number;
  program: string;
  /** Absolute folder in which an id alone finds a run. */
  runsDir: string;
}

/** Table, explanation, reading, where the run lies and what to try next. */
export function summaryLines(summary: RunSummary, style: SummaryStyle): string[] {
  const { palette, columns } = style;
  const lines: string[] = [''];
  if (summary.iterations.length > 0) {
    const [heading, ...rest] = iterationTable(summary.iterations);
    lines.push(palette.bold(heading), ...rest, '');
  }
  if (summary.outcome !== 'finished' || summary.explanation !== '') {
    lines.push(...wrap(explanation(summary), columns), '');
  }
  const labels = summary.supervised === true ? [] : labelTable(summary.iterations);
  if (labels.length > 0) lines.push(...labels, '');
  const notices = noticeLines(summary.notices ?? [], columns);
  if (notices.length > 0) lines.push(palette.bold('Noticed on the way'), ...notices, '');
  // Given answers leave no choice of an iteration to tell of.
  const isChosen = summary.supervised !== true;
  if (summary.iterations.length > 1) lines.push(...wrap(reading(summary, isChosen), columns), '');
  lines.push(timeLine(summary), `The run lies in ${summary.runDir}`, '', ...nextSteps(summary, style));
  return lines;
}

/** Notices told before the rest is only counted. */
const MOST_NOTICES = 8;

/** What the run noticed and did on its own, one paragraph each. */
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
    ? 'Stopped before the end; everything up to here is saved.'
    : 'Ended early: too few questions passed.';
}

function timeLine(summary: RunSummary): string {
  const share = summary.seconds > 0 ? summary.engineSeconds / summary.seconds : null;
  return `It took ${duration(summary.seconds)}, ${percent(share, 0)} of it sampling, scoring and training.`;
}

/** What names a run on the command line: its id, or its folder where the id alone is not found. */
export function runName(id: string, dir: string, runsDir: string): string {
  return dir === join(runsDir, id) ? id : dir;
}

function nextSteps(summary: RunSummary, { palette, program, runsDir }: SummaryStyle): string[] {
  const id = runName(summary.runId, summary.runDir, runsDir);
  const anotherSeed: [string, string] = [
    `${program} evolve --iterations 5 --seed 2`,
    'another seed says how much of this is luck',
  ];
  const next: Record<RunSummary['outcome'], [command: string, what: string][]> = {
    stopped: [[`${program} resume ${id}`, 'goes on at the next step']],
    'too-few-questions': [
      [`${program} show ${id}`, 'what was posed and why it was dropped'],
      [`${program} chat --model ${id} --role challenger`, 'see what its Challenger writes'],
    ],
    collapsed: [
      [`${program} show ${id}`, 'what it noticed, and the numbers around it'],
      [`${program} chat --model ${id} --role challenger`, 'see what its Challenger writes'],
      [`${program} evolve --set monitors.action=rollback`, 'gives up such a phase and goes on'],
    ],
    finished: [
      [`${program} show ${id}`, 'every iteration, its dropped questions and its labels'],
      [`${program} chat --model ${id}`, 'ask it something'],
      ...(summary.supervised === true ? [] : [anotherSeed]),
    ],
  };
  const commands = next[summary.outcome];
  const columns = Math.max(...commands.map(([command]) => command.length));
  return [
    summary.outcome === 'stopped' ? 'To go on:' : 'What to try next:',
    ...commands.map(([command, what]) => `  ${palette.bold(pad(command, columns))}   ${what}`),
  ];
}
