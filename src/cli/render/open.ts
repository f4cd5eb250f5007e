/** The result of a run on an open domain: a table of hidden quality and proxies, and what it says in words. Pure. */

import { isSignificant, pairedGain } from '../../eval/paired.ts';
import type { OpenIteration } from '../../events.ts';
import type { QualityResult } from '../../types.ts';
import {
  count,
  gainBounds,
  gainPoints,
  hanging,
  percent,
  percentage,
  pValue,
  significant,
  splitTable,
  wrap,
} from './format.ts';

/** Most iterations whose columns have full headings. */
const MOST_NAMED = 3;
/** A fall of a criterion by more than this share is named. */
const NOTABLE_FALL = 0.05;

type Measure = [name: string, cellOf: (row: OpenIteration) => string];

/** One row per measure and one column per iteration, the base first. */
export function openTable(rows: readonly OpenIteration[], columns: number): string[] {
  const names = Object.keys(rows[0]?.result.byCriterion ?? {});
  const of = (cellOf: (result: QualityResult) => string) => (row: OpenIteration) => cellOf(row.result);
  const quality: Measure[] = [
    ['hidden quality', of((result) => percent(result.mean?.value ?? null))],
    ['95 % interval', of(({ mean: one }) => (one === null ? '—' : `${percentage(one.low)}–${percentage(one.high)}`))],
    ...names.map((name): Measure => [`  ${name}`, of(({ byCriterion }) => percent(byCriterion[name] ?? null))]),
  ];
  const measures: Measure[] = [
    ...(rows.some(({ result }) => result.mean !== null) ? quality : []),
    ['variety', of(({ variety }) => percent(variety))],
    ['log-likelihood, base', of(({ likelihood }) => significant(likelihood))],
    ['consensus', of(({ consensus }) => percent(consensus))],
    ['characters', of(({ characters }) => count(Math.round(characters)))],
    ...(rows.some(({ result }) => result.truncated > 0)
      ? [['cut off', of(({ truncated, tasks, samples }) => percent(truncated / (tasks * samples)))] satisfies Measure]
      : []),
    ['tasks kept', ({ kept }) => (kept === null ? '—' : count(kept))],
  ];
  const isLong = rows.length > MOST_NAMED + 1;
  const heading = rows.map(({ iteration }) =>
    iteration === 0 ? 'base' : isLong ? String(iteration) : `iteration ${iteration}`,
  );
  const lines = measures.map(([name, cellOf]) => [name, ...rows.map(cellOf)]);
  return splitTable([[isLong ? 'iteration' : '', ...heading], ...lines], columns);
}

/** Says what the measures are. */
export function openLegend([first]: readonly OpenIteration[], columns: number): string[] {
  const { tasks, samples, mean, byCriterion } = first.result;
  const hidden =
    mean === null
      ? ''
      : `hidden quality: mean of ${count(Object.keys(byCriterion).length)} criteria that no training sees. `;
  return wrap(
    `${hidden}variety: distinct word pairs of all in the responses to a task. ${count(samples)} responses to each of ${count(tasks)} held-out tasks.`,
    columns,
  );
}

/** The result in sentences: what changed in the last iteration, and what fell. */
export function openReading(rows: readonly OpenIteration[], columns: number): string[] {
  const [base, last] = [rows[0], rows[rows.length - 1]];
  if (base === undefined || base.iteration !== 0 || last.iteration === 0) return [];
  const sentences = [
    ...qualityChange(base.result, last),
    ...fallOf(base.result, last.result),
    varietyChange(base.result, last.result),
  ];
  return sentences.flatMap((sentence, at) => (at === 0 ? wrap(sentence, columns) : hanging('  ', sentence, columns)));
}

function qualityChange(base: QualityResult, { iteration, result }: OpenIteration): string[] {
  if (base.mean === null || result.mean === null || base.perTask.length !== result.perTask.length) {
    return ['The domain has no hidden quality, so it is unknown whether the responses improved.'];
  }
  const gain = pairedGain(base.perTask, result.perTask);
  const scores = `the hidden quality of the responses was ${percent(base.mean.value)} for the base, and ${percent(result.mean.value)} after iteration ${iteration}`;
  const size = `(${gainPoints(gain)} points [${gainBounds(gain).join(', ')}], ${pValue(gain.p)})`;
  if (!isSignificant(gain)) return [`No clear change: ${scores} ${size}.`];
  return [`${gain.difference.value > 0 ? 'The responses improved' : 'The responses got worse'}: ${scores} ${size}.`];
}

function fallOf(base: QualityResult, last: QualityResult): string[] {
  const fallen = Object.entries(base.byCriterion).filter(
    ([name, value]) => value - (last.byCriterion[name] ?? value) > NOTABLE_FALL,
  );
  if (fallen.length === 0) return [];
  const names = fallen.map(([name, value]) => `${name} (${percentage(value)} → ${percent(last.byCriterion[name])})`);
  return [`Criteria that fell by more than 5 points: ${names.join(', ')}.`];
}

function varietyChange(base: QualityResult, last: QualityResult): string {
  return `Variety: ${percent(base.variety)} → ${percent(last.variety)}; length: ${count(Math.round(base.characters))} → ${count(Math.round(last.characters))} characters.`;
}
