/**
 * Metrics as tables for spreadsheets: `metrics.csv` has one value per line, `evaluations.csv` one held-out evaluation per
 * line.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import type { EvalResult } from '../../types.ts';
import type { RunMetrics, TimedPoint } from './read.ts';

type Cell = string | number | null;

/**
 * Formats rows as in RFC 4180. A text that a spreadsheet would run as a formula begins with an apostrophe. A number that
 * is not finite is an empty cell.
 */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Returns the content of `metrics.csv`. */
export function metricsCsv(run: string, points: readonly TimedPoint[]): string {
  const heading = ['run', 'metric', 'at', 'value', 'iteration', 'stage', 'step', 'time'];
  const rows = points.map(({ tag, at, value, iteration, stage, step, seconds }): Cell[] => [
    run,
    tag,
    at,
    value,
    iteration,
    stage,
    step,
    new Date(seconds * 1000).toISOString(),
  ]);
  return csv([heading, ...rows]);
}

/** Returns the content of `evaluations.csv`. */
export function evaluationsCsv(run: string, evaluations: readonly EvalResult[]): string {
  const scores = ['mean', 'majority', 'greedy', 'forced'] as const;
  const heading = ['run', 'iteration', 'task', 'questions', 'samples'];
  const rows = evaluations.map((result): Cell[] => [
    run,
    result.iteration,
    result.task,
    result.questions,
    result.samples,
    ...scores.flatMap((name) => {
      const score = result[name];
      return score === null ? [null, null, null] : [score.value, score.low, score.high];
    }),
    result.worked,
    result.meanTokens,
    result.truncated,
  ]);
  const columns = scores.flatMap((name) => [name, `${name}_low`, `${name}_high`]);
  return csv([[...heading, ...columns, 'worked', 'mean_tokens', 'truncated'], ...rows]);
}

/** Writes both tables to a folder. Throws StoreError if it cannot be written. */
export async function exportCsv({ meta, points, evaluations }: RunMetrics, folder: string): Promise<void> {
  await writeFolderAtomically(folder, async (temp) => {
    await writeFile(join(temp, 'metrics.csv'), metricsCsv(meta.id, points));
    await writeFile(join(temp, 'evaluations.csv'), evaluationsCsv(meta.id, evaluations));
  });
}
