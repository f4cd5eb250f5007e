/** The output of `rzero show`: scores, dropped questions with reasons, label accuracy and sample questions. Pure. */

import type { EvaluationResults } from '../../eval/summarize.ts';
import type { IterationSummary, OpenIteration, RunSummary, ShownQuestion } from '../../events.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import type { ServiceReport } from '../../loop/remote/service-report.ts';
import type { VerifierReport } from '../../loop/verifier/report.ts';
import type { RunState } from '../../store/runs.ts';
import type { AdapterShape, Cursor, Notice } from '../../types.ts';
import { shellWord } from '../../text/shell.ts';
import { evaluationsTable } from './evaluation.ts';
import { clean, count, flow, percent, shownPath, splitTable, utcMinute, wrap } from './format.ts';
import { labelTable } from './labels.ts';
import { runName } from './next-steps.ts';
import type { Palette } from './palette.ts';
import { stageName } from './stages.ts';
import { questionLines } from './questions.ts';
import { openLegend, openReading, openTable } from './open.ts';
import { reading } from './reading.ts';
import { serviceLines } from './service.ts';
import { iterationTable, noticeLines, type SummaryStyle } from './summary.ts';
import { verifierLines } from './verifier.ts';

/** One iteration's pool. */
export interface PoolReport {
  iteration: number;
  posed: number;
  kept: number;
  /** Drop reason to count, e.g. `too_easy`. */
  dropped: Record<string, number>;
  /** Band of agreement (`0.3-0.4`) to the share of right labels, of all labels in it; empty without an oracle. */
  labelsRight: Record<string, number>;
}

/** A run, as read from its database. */
export interface RunReport {
  id: string;
  dir: string;
  createdAt: string;
  model: string;
  /** Adapter trained over the frozen base; null = all parameters were trained. */
  adapter: AdapterShape | null;
  domain: string;
  seed: number;
  cursor: Cursor;
  outcome: RunState;
  /** Why the newest session failed; otherwise empty or absent. */
  failure?: string;
  best: number | null;
  iterations: IterationSummary[];
  /** Measured iterations of a run on an open domain; empty or absent for others. */
  open?: OpenIteration[];
  pools: PoolReport[];
  /** Its Verifier by iteration; empty or absent for a run without one. */
  verifier?: VerifierReport[];
  /** Questions of the newest curriculum. */
  samples: ShownQuestion[];
  notices: Notice[];
  summary: RunSummary | null;
  /** Benchmarks of the run's models, by folder. */
  evaluations: { name: string; results: EvaluationResults }[];
  /** Its service; null or absent for a run on this machine. */
  service?: ServiceReport | null;
}

/** The report as lines. */
export function reportLines(report: RunReport, style: SummaryStyle): string[] {
  const { palette, columns } = style;
  // Supervised labels are given, so their accuracy does not measure the votes.
  const isSupervised = report.summary?.supervised === true;
  return [
    ...headLines(report, style),
    ...section(
      'Held-out scores',
      report.iterations.length > 0 ? iterationTable(report.iterations, columns, true) : [],
      palette,
    ),
    ...openSection(report.open ?? [], style),
    ...section('Benchmarks', evaluationsTable(report.evaluations, columns), palette),
    ...section('Pool: questions posed, dropped and kept', dropTable(report.pools, columns), palette),
    ...section('Labels right, of all with this agreement', accuracyTable(report.pools, columns), palette),
    ...section('Label accuracy, and the paper’s', isSupervised ? [] : labelTable(report.iterations, columns), palette),
    ...section('Verifier', verifierLines(report.verifier ?? [], columns), palette),
    ...section('Service', report.service ? serviceLines(report.service, columns) : [], palette),
    ...section('Notices', noticeLines(report.notices, columns), palette),
    ...section('Questions of the newest curriculum', questionLines(report.samples, palette, columns), palette),
    ...section('Result', readingLines(report, columns), palette),
    ...nextLines(report, style),
  ];
}

/** `done`, or the next unit of work. */
export function cursorText(cursor: Cursor): string {
  if (cursor.stage === 'done') return 'done';
  const stage = stageName(cursor.stage);
  return cursor.iteration === 0 ? stage : `iteration ${cursor.iteration}, ${stage}, step ${cursor.step + 1}`;
}

/** Where the next unit of work is, in few words: `iteration 2, stage 5`. */
export function cursorShort({ iteration, stage }: Cursor): string {
  if (stage === 'done') return 'done';
  return iteration === 0 ? 'base' : `iteration ${iteration}, stage ${stageName(stage).split(' ')[0]}`;
}

function headLines(report: RunReport, { palette, columns, runsDir }: SummaryStyle): string[] {
  const facts = [
    clean(shownPath(report.domain, runsDir)),
    clean(shownPath(report.model, runsDir)),
    ...(report.adapter === null ? [] : [`LoRA: ${describeAdapter(report.adapter)}`]),
    `seed ${report.seed}`,
    `started ${utcMinute(report.createdAt)}`,
  ];
  const state = report.outcome === 'finished' ? 'finished' : `${report.outcome}, next: ${cursorText(report.cursor)}`;
  return [
    ...flow([palette.bold(`run ${report.id}`), ...facts], columns, '    '),
    ...flow([state, shownPath(report.dir, runsDir)], columns, '    '),
    ...(report.outcome === 'failed' ? wrap(clean(report.failure ?? '', 1000), columns, '  ') : []),
  ];
}

function section(title: string, lines: readonly string[], palette: Palette): string[] {
  return lines.length === 0 ? [] : ['', palette.bold(title), ...lines];
}

function openSection(rows: readonly OpenIteration[], { palette, columns }: SummaryStyle): string[] {
  if (rows.length === 0) return [];
  return [
    ...section('Held-out tasks', [...openTable(rows, columns), ...openLegend(rows, columns)], palette),
    ...section('Result', openReading(rows, columns), palette),
  ];
}

function dropTable(pools: readonly PoolReport[], columns: number): string[] {
  if (pools.length === 0) return [];
  const reasons = [...new Set(pools.flatMap((pool) => Object.keys(pool.dropped)))].filter((reason) =>
    pools.some((pool) => (pool.dropped[reason] ?? 0) > 0),
  );
  const heading = ['iteration', 'posed', ...reasons.map((reason) => reason.replaceAll(/[_-]/g, ' ')), 'kept'];
  const rows = pools.map((pool) => [
    String(pool.iteration),
    count(pool.posed),
    ...reasons.map((reason) => count(pool.dropped[reason] ?? 0)),
    count(pool.kept),
  ]);
  return splitTable([heading, ...rows], columns);
}

function accuracyTable(pools: readonly PoolReport[], columns: number): string[] {
  const bands = [...new Set(pools.flatMap((pool) => Object.keys(pool.labelsRight)))].toSorted();
  if (bands.length === 0) return [];
  const rows = pools.map((pool) => [
    String(pool.iteration),
    ...bands.map((band) => percent(pool.labelsRight[band] ?? null, 0)),
  ]);
  return splitTable([['iteration', ...bands], ...rows], columns);
}

function readingLines(report: RunReport, columns: number): string[] {
  if (report.iterations.length < 2) return [];
  const { outcome, supervised, usage } = report.summary ?? {};
  return reading({ iterations: report.iterations, best: report.best, outcome, supervised, usage }, columns);
}

const RESUMABLE: ReadonlySet<RunState> = new Set(['unfinished', 'stopped', 'failed', 'crashed']);

function nextLines(report: RunReport, { palette, program, runsDir }: SummaryStyle): string[] {
  return RESUMABLE.has(report.outcome)
    ? [
        '',
        'To continue:',
        `  ${palette.bold(`${program} resume ${shellWord(runName(report.id, report.dir, runsDir))}`)}`,
      ]
    : [];
}
