/** Tables of an ablation: the scores of the variants, and their paired differences from the reference. Pure. */

import { type AblationResult, type RunResult, scoredRow, type VariantResult } from '../../ablate/result.ts';
import type { Gain } from '../../eval/paired.ts';
import type { IterationSummary } from '../../events.ts';
import { rightShare } from '../../loop/pool/label-counts.ts';
import { meanOf } from '../../loop/metrics.ts';
import type { Estimate } from '../../types.ts';
import { isOpen, openRows } from './ablation-open.ts';
import { chance, count, duration, gainBounds, gainPoints, percent, points, splitTable, wrap } from './format.ts';

type Rows = string[][];
/** How text and tables become lines. */
export interface TableStyle {
  text(text: string): string[];
  table(rows: Rows): string[];
}

/** Aligned tables and wrapped text of at most `columns`. */
export function alignedStyle(columns: number): TableStyle {
  return { text: (text) => wrap(text, columns), table: (rows) => splitTable(rows, columns) };
}

export const markdownStyle: TableStyle = {
  text: (text) => [text],
  table: ([heading, ...rows]) => [
    `| ${heading.join(' | ')} |`,
    `|${heading.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ],
};

/** Both tables with their headings, then the runs that ended early or are still missing. */
export function ablationLines(result: AblationResult, style: TableStyle): string[] {
  const { seeds, score, reference, variants } = result;
  const title = variants.find(({ name }) => name === reference)?.title ?? reference;
  const which = score === 'last' ? 'after the last iteration' : 'of the best iteration of each run';
  const unit = isOpen(result) ? 'task' : 'question';
  const over = seeds.length === 1 ? `seed ${seeds[0]}` : `mean of ${seeds.length} seeds (${seeds.join(', ')})`;
  return [
    ...style.text(`Scores ${which}, ${over}`),
    '',
    ...style.table(isOpen(result) ? openRows(result) : scoreRows(result)),
    '',
    ...style.text(`Difference from ${title}, paired by ${unit}, in points with 95 % intervals`),
    '',
    ...style.table(differenceRows(result)),
    ...noteLines(result).flatMap((line) => style.text(line)),
  ];
}

function scoreRows({ variants }: AblationResult): Rows {
  const k = firstRow(variants)?.evaluation.samples ?? 0;
  const heading = [
    '',
    `mean@${k}`,
    'steps forced',
    `majority@${k}`,
    'greedy',
    'labels right of kept',
    'kept',
    'seconds',
  ];
  const base = variants.find(({ from, runs }) => from === null && runs.length > 0);
  return [
    heading,
    ...(base === undefined ? [] : [['base model', ...scoreCells(base.runs.map((run) => run.iterations[0]))]]),
    ...variants.map(({ title, runs }) => [
      title,
      ...scoreCells(runs.map((run) => scoredRow(run))),
      byIteration(
        runs,
        ({ labels }) => (labels?.computed ? null : labels && rightShare(labels)),
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

/** One value per iteration, averaged over the seeds: `92 % → 88 % → 85 %`. */
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

function differenceRows(result: AblationResult): Rows {
  const { variants, seeds } = result;
  const withPaper = variants.some(({ paper }) => paper !== null);
  const withSteps = !isOpen(result);
  const heading = [
    '',
    withSteps ? 'mean@k' : 'hidden quality',
    withSteps ? 'over questions' : 'over tasks',
    'p',
    ...(seeds.length > 1 ? ['over seeds', ...seeds.map((seed) => `seed ${seed}`)] : []),
    ...(withSteps ? ['steps forced', 'over questions', 'p'] : []),
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
            return one === undefined ? '—' : gainPoints(one.gain);
          }),
        ]
      : []),
    ...(withSteps ? gainCells(forced?.overQuestions ?? null) : []),
    ...(withPaper ? [paper ?? '—'] : []),
  ]);
  return [heading, ...rows];
}

function gainCells(gain: Gain | null): string[] {
  return gain === null ? ['—', '—', '—'] : [gainPoints(gain), `[${gainBounds(gain).join(', ')}]`, chance(gain.p)];
}

function bounds(estimate: Estimate | null): string {
  return estimate === null ? '—' : `[${points(estimate.low)}, ${points(estimate.high)}]`;
}

function noteLines({ variants, complete }: AblationResult): string[] {
  const early = variants.flatMap(({ title, runs }) =>
    runs.flatMap(({ seed, outcome, explanation }) =>
      outcome === 'finished' ? [] : [`${title}, seed ${seed}: ${outcome}. ${explanation}`],
    ),
  );
  const open = complete ? [] : ['Not all runs have ended. Run the same command again to continue.'];
  return early.length + open.length === 0 ? [] : ['', ...early, ...open];
}

function firstRow(variants: readonly VariantResult[]): IterationSummary | null {
  return variants.flatMap(({ runs }) => runs.flatMap(({ iterations }) => iterations))[0] ?? null;
}
