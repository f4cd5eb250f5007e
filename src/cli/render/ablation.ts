/** An ablation as tables: the variants' scores, and each against the reference with what chance may have done. Pure. */

import { type AblationResult, type RunResult, scoredRow, type VariantResult } from '../../ablate/result.ts';
import type { Gain } from '../../eval/gains.ts';
import type { IterationSummary } from '../../events.ts';
import { meanOf } from '../../loop/metrics.ts';
import type { Estimate } from '../../types.ts';
import { count, duration, percent, points, table } from './format.ts';

type Rows = string[][];
/** How rows become lines: aligned columns, or Markdown. */
export type TableStyle = (rows: Rows) => string[];

export const alignedTable: TableStyle = (rows) => table(rows);

export const markdownTable: TableStyle = ([heading, ...rows]) => [
  `| ${heading.join(' | ')} |`,
  `|${heading.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];

/** Both tables with their headings, and what has not ended or ended early. */
export function ablationLines(result: AblationResult, style: TableStyle = alignedTable): string[] {
  const { seeds, score, reference, variants } = result;
  const title = variants.find(({ name }) => name === reference)?.title ?? reference;
  const which = score === 'last' ? 'after the last iteration' : 'of the iteration that each run chose as best';
  const over = seeds.length === 1 ? `seed ${seeds[0]}` : `means over ${seeds.length} seeds (${seeds.join(', ')})`;
  return [
    `Scores ${which}, ${over}`,
    '',
    ...style(scoreRows(result)),
    '',
    `Against ${title}, question by question; 95 % intervals in points`,
    '',
    ...style(differenceRows(result)),
    ...noteLines(result),
  ];
}

function scoreRows({ variants }: AblationResult): Rows {
  const k = firstRow(variants)?.evaluation.samples ?? 0;
  const heading = ['', `mean@${k}`, 'steps forced', `majority@${k}`, 'greedy', 'labels right', 'kept', 'seconds'];
  const base = variants.find(({ from, runs }) => from === null && runs.length > 0);
  return [
    heading,
    ...(base === undefined ? [] : [['base model', ...scoreCells(base.runs.map((run) => run.iterations[0]))]]),
    ...variants.map(({ title, runs }) => [
      title,
      ...scoreCells(runs.map((run) => scoredRow(run))),
      byIteration(
        runs,
        ({ labelAccuracy }) => labelAccuracy,
        (value) => percent(value, 0),
      ),
      byIteration(runs, ({ kept }) => kept, count),
      runs.length === 0 ? '—' : duration(meanOf(runs.map(({ seconds }) => seconds)) ?? 0),
    ]),
  ].map((row) => [...row, ...Array<string>(heading.length - row.length).fill('—')]);
}

function scoreCells(rows: readonly (IterationSummary | null | undefined)[]): string[] {
  const evaluations = rows.flatMap((row) => (row && row.evaluation.questions > 0 ? [row.evaluation] : []));
  const share = (values: readonly (number | null | undefined)[]): string =>
    percent(meanOf(values.flatMap((value) => (value === null || value === undefined ? [] : [value]))));
  return [
    share(evaluations.map(({ mean }) => mean.value)),
    share(evaluations.map(({ forced }) => forced?.value)),
    share(evaluations.map(({ majority }) => majority.value)),
    share(evaluations.map(({ greedy }) => greedy.value)),
  ];
}

/** A number of every iteration, averaged over the seeds: `92 → 88 → 85 %`. */
function byIteration(
  runs: readonly RunResult[],
  of: (row: IterationSummary) => number | null,
  show: (value: number) => string,
): string {
  const most = Math.max(0, ...runs.map(({ iterations }) => iterations.at(-1)?.iteration ?? 0));
  const cells = Array.from({ length: most }, (_, at) => {
    const mean = meanOf(
      runs.flatMap(({ iterations }) => {
        const row = iterations.find(({ iteration }) => iteration === at + 1);
        return row === undefined ? [] : (of(row) ?? []);
      }),
    );
    return mean === null ? '—' : show(mean);
  });
  return cells.length === 0 ? '—' : cells.join(' → ');
}

function differenceRows({ variants, seeds }: AblationResult): Rows {
  const withPaper = variants.some(({ paper }) => paper !== null);
  const heading = [
    '',
    'mean@k',
    'over questions',
    'p',
    ...(seeds.length > 1 ? ['over seeds', ...seeds.map((seed) => `seed ${seed}`)] : []),
    'steps forced',
    'over questions',
    'p',
    ...(withPaper ? ['the paper (its models, its tests)'] : []),
  ];
  const rows = variants.map(({ title, sampled, forced, paper }) => [
    title,
    ...gainCells(sampled?.overQuestions ?? null),
    ...(seeds.length > 1
      ? [
          bounds(sampled?.overSeeds ?? null),
          ...seeds.map((seed) => {
            const one = sampled?.perSeed.find((each) => each.seed === seed);
            return one === undefined ? '—' : points(one.gain.difference.value);
          }),
        ]
      : []),
    ...gainCells(forced?.overQuestions ?? null),
    ...(withPaper ? [paper ?? '—'] : []),
  ]);
  return [heading, ...rows];
}

function gainCells(gain: Gain | null): string[] {
  return gain === null ? ['—', '—', '—'] : [points(gain.difference.value), bounds(gain.difference), chance(gain.p)];
}

function bounds(estimate: Estimate | null): string {
  return estimate === null ? '—' : `[${points(estimate.low)}, ${points(estimate.high)}]`;
}

function chance(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}

function noteLines({ variants, complete }: AblationResult): string[] {
  const early = variants.flatMap(({ title, runs }) =>
    runs.flatMap(({ seed, outcome, explanation }) =>
      outcome === 'finished' ? [] : [`${title}, seed ${seed}: ${outcome}. ${explanation}`],
    ),
  );
  const open = complete ? [] : ['Not every run has ended yet: call the same command again to go on.'];
  return early.length + open.length === 0 ? [] : ['', ...early, ...open];
}

function firstRow(variants: readonly VariantResult[]): IterationSummary | null {
  return variants.flatMap(({ runs }) => runs.flatMap(({ iterations }) => iterations))[0] ?? null;
}
