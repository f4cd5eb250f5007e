/** Terminal output of benchmark results and comparisons. Pure. */

import { basename } from 'node:path';
import type { Comparison, TaskComparison } from '../../eval/log/compare-logs.ts';
import { type Average, type EvaluationResults, incompleteNotes, type TaskResult } from '../../eval/summarize.ts';
import { moduleLabel } from '../../modules.ts';
import type { Estimate } from '../../types.ts';
import {
  chance,
  clean,
  count,
  duration,
  gainText,
  interval,
  percent,
  points,
  significant,
  splitTable,
  wrap,
} from './format.ts';
import type { Palette } from './palette.ts';

/** How results look: colours, and the width of lines in columns. */
export interface Style {
  palette: Palette;
  columns: number;
}

/** A table with one row per task, then averages and warnings about the data. */
export function resultLines(results: EvaluationResults, folder: string, { palette, columns: width }: Style): string[] {
  const { model, settings, tasks, averages, notes } = results;
  const columns = columnsOf(tasks);
  const rows = tasks.map((task) => columns.map(({ cell }) => cell(task)));
  return [
    palette.bold(clean(model.name)),
    ...splitTable([columns.map(({ title }) => title), ...rows], width, ['left', 'left']),
    ...averageLines(averages, interval).flatMap((line) => wrap(line, width)),
    ...[...[...incompleteNotes(tasks), ...notes].map((note) => clean(note, 400)), ...tasks.flatMap(dataWarnings)]
      .flatMap((line) => wrap(`! ${line}`, width))
      .map((line) => palette.yellow(line)),
    palette.dim(`Prompts of the domain ${clean(moduleLabel(settings.prompts))}`),
    palette.dim(`Saved in ${folder}`),
  ];
}

/** The scores of a run's evaluations, one row each. */
export function evaluationsTable(
  evaluations: readonly { name: string; results: EvaluationResults }[],
  columns: number,
): string[] {
  if (evaluations.length === 0) return [];
  const titles = new Map(evaluations.flatMap(({ results }) => results.tasks.map(({ task, title }) => [task, title])));
  const rows = evaluations.map(({ name, results }) => [
    clean(name),
    ...[...titles.keys()].map((task) => {
      const score = results.tasks.find((one) => one.task === task)?.score ?? null;
      return score === null ? '—' : interval(score);
    }),
  ]);
  return splitTable([['evaluation', ...[...titles.values()].map((title) => clean(title))], ...rows], columns);
}

interface Column {
  title: string;
  cell: (task: TaskResult) => string;
}

function columnsOf(tasks: readonly TaskResult[]): Column[] {
  const estimate = (value: Estimate | null): string => (value === null ? '—' : interval(value));
  const sampled = tasks.some(({ samples }) => samples > 0);
  const both = tasks.some(({ samples, metric }) => samples > 0 && metric === 'pass@1');
  const judged = tasks.some((task) => task.judged !== null);
  const all: (Column | false)[] = [
    { title: 'task', cell: ({ title }) => clean(title) },
    { title: 'metric', cell: ({ metric }) => metric },
    {
      title: 'n',
      cell: ({ questions, asked }) => (questions === asked ? count(asked) : `${count(questions)} of ${count(asked)}`),
    },
    { title: 'score [95 %]', cell: ({ score }) => estimate(score) },
    judged && { title: 'with judge', cell: (task) => estimate(task.judged) },
    both && {
      title: 'mean@k',
      cell: ({ samples, mean }) => (mean === null ? '—' : `${percent(mean.value)} (k ${samples})`),
    },
    sampled && { title: 'greedy', cell: ({ greedy }) => percent(greedy?.value ?? null) },
    sampled && { title: 'maj@k', cell: ({ majority }) => percent(majority?.value ?? null) },
    sampled && { title: 'pass@k', cell: ({ passAtK }) => passText(passAtK.at(-1)) },
    { title: 'tokens', cell: ({ meanTokens }) => significant(meanTokens) },
    { title: 'time', cell: ({ seconds }) => duration(seconds) },
    { title: 'no answer', cell: ({ verdicts }) => count(verdicts.unparsable) },
    { title: 'undecided', cell: ({ verdicts }) => count(verdicts.undecided) },
    { title: 'cut off', cell: ({ truncated }) => count(truncated) },
  ];
  return all.filter((column) => column !== false);
}

function passText(last: TaskResult['passAtK'][number] | undefined): string {
  return last === undefined ? '—' : `${percent(last.estimate.value)} (k ${last.k})`;
}

/** One line per average. If at most half of its tasks are missing, an average names them; otherwise it is left out. */
function averageLines(averages: readonly Average[], text: (estimate: Estimate) => string): string[] {
  return averages.flatMap(({ name, estimate, of, missing }) => {
    if (estimate !== null) return [`${name} ${text(estimate)}`];
    return missing.length > of.length / 2 ? [] : [`${name} is missing ${missing.join(', ')}`];
  });
}

function dataWarnings({ title, malformed, notes, warnings = [] }: TaskResult): string[] {
  const reasons = Object.entries(malformed.reasons).map(([reason, rows]) => {
    const place = malformed.first.find((one) => one.reason === reason)?.place;
    return `${clean(reason)}: ${count(rows)}${place === undefined ? '' : `, first at ${clean(basename(place))}`}`;
  });
  return [
    ...(malformed.count === 0
      ? []
      : [`${clean(title)}: ${count(malformed.count)} rows skipped (${reasons.join('; ')})`]),
    ...warnings.map((warning) => clean(warning, 400)),
    ...notes.map((note) => clean(note, 400)),
  ];
}

/** The paired difference of each task, with its interval and p-value. */
export function comparisonLines(
  { baseline, tasks, averages, skipped }: Comparison,
  { palette, columns }: Style,
): string[] {
  const heading = ['task', 'n', 'baseline', 'score', 'difference [95 %]', 'p', 'better / worse', 'test'];
  return [
    palette.bold(`Compared with ${clean(baseline)}, paired by question`),
    ...splitTable([heading, ...tasks.map(comparisonRow)], columns),
    ...averageLines(averages, differenceText).flatMap((line) => wrap(line, columns)),
    ...[...unlikeLines(tasks), ...skipped.map(({ task, reason }) => `${clean(task)}: not compared, ${reason}`)]
      .flatMap((line) => wrap(`! ${line}`, columns))
      .map((line) => palette.yellow(line)),
  ];
}

/** One line for each set of tasks that differ from the baseline in the same settings. */
function unlikeLines(tasks: readonly TaskComparison[]): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, unlike } of tasks) {
    if (unlike.length === 0) continue;
    const words = unlike.map((one) => clean(one)).join('; ');
    titles.set(words, [...(titles.get(words) ?? []), clean(title)]);
  }
  return [...titles].map(
    ([words, some]) => `${some.join(', ')}: not like with like, the difference also measures the settings. ${words}`,
  );
}

function comparisonRow(one: TaskComparison): string[] {
  return [
    clean(one.title),
    count(one.questions),
    percent(one.baseline),
    percent(one.score),
    gainText({ before: one.baseline, after: one.score, difference: one.difference }),
    chance(one.pValue),
    `${count(one.better)} / ${count(one.worse)}`,
    one.test,
  ];
}

function differenceText({ value, low, high }: Estimate): string {
  return `${points(value)} [${points(low)}, ${points(high)}]`;
}
