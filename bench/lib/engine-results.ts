/** Results of the engine benchmark, and their comparison with a baseline. Pure; `engine.ts` measures. */

import { table } from '../../src/cli/render/format.ts';
import type { Provenance } from './results.ts';

/** One row of the table. */
export interface EngineResult extends Provenance {
  row: string;
  shape: string;
  /** Description of the work and its sizes. */
  what: string;
  /** Seconds of every round, by contestant. `ours` is this engine. */
  seconds: Record<string, number[]>;
  /** Figures for display by name: tokens per second, GFLOP/s, bytes, … */
  figures: Record<string, number>;
  /** Compared values; higher is better. */
  ratios: Ratio[];
}

export interface Ratio {
  name: string;
  value: number;
  /** Required value; null if there is no requirement. */
  wanted: number | null;
}

export interface EngineResults {
  rows: EngineResult[];
}

/** A ratio may fall by this share of its baseline. */
const TOLERANCE = 0.2;

/** Replaces rows of the same row and shape with `fresh` ones. */
export function mergeRows(older: EngineResults | null, fresh: readonly EngineResult[]): EngineResults {
  const replaced = new Set(fresh.map(keyOf));
  return { rows: [...(older?.rows ?? []).filter((one) => !replaced.has(keyOf(one))), ...fresh] };
}

export interface Comparison {
  name: string;
  baseline: number;
  now: number;
  fell: boolean;
}

/** Compares all ratios that both results have. */
export function compareResults(baseline: EngineResults, now: EngineResults): Comparison[] {
  const known = new Map(baseline.rows.flatMap((row) => row.ratios.map((ratio) => [nameOf(row, ratio), ratio.value])));
  return now.rows.flatMap((row) =>
    row.ratios.flatMap((ratio) => {
      const name = nameOf(row, ratio);
      const before = known.get(name);
      if (before === undefined) return [];
      return [{ name, baseline: before, now: ratio.value, fell: ratio.value < before * (1 - TOLERANCE) }];
    }),
  );
}

/** Formats the rows as a table. */
export function resultLines(rows: readonly EngineResult[]): string[] {
  const body = rows.flatMap((row) => {
    const named = Object.entries(row.figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    const head = keyOf(row);
    if (row.ratios.length === 0) return [[head, '', '', '', named.join(', ')]];
    return row.ratios.map(({ name, value, wanted }, at) => [
      at === 0 ? head : '',
      name,
      value.toFixed(2),
      wanted === null ? '' : `${value >= wanted ? 'ok' : 'SHORT'} (>= ${wanted})`,
      at === 0 ? named.join(', ') : '',
    ]);
  });
  return table([['row', 'ratio', '', 'wanted', 'figures'], ...body]);
}

function keyOf({ row, shape }: EngineResult): string {
  return `${row} ${shape}`;
}

function nameOf(row: EngineResult, ratio: Ratio): string {
  return `${keyOf(row)}: ${ratio.name}`;
}
