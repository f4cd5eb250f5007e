/** The engine benchmark's results, and how a later run is held to a baseline. Pure. */

import { table } from '../../src/cli/render/format.ts';
import type { Provenance } from './results.ts';

/** One row of the table. */
export interface EngineResult extends Provenance {
  row: string;
  shape: string;
  /** What was done, with its sizes. */
  what: string;
  /** Seconds of every round by contestant; `ours` is this engine. */
  seconds: Record<string, number[]>;
  /** For people: tokens per second, GFLOP/s, bytes, …, by name. */
  figures: Record<string, number>;
  /** What is compared; higher is better. */
  ratios: Ratio[];
}

export interface Ratio {
  name: string;
  value: number;
  /** What it must reach; null where nothing is demanded. */
  wanted: number | null;
}

export interface EngineResults {
  rows: EngineResult[];
}

/** A ratio may lose this share of its baseline. */
const TOLERANCE = 0.2;

/** `fresh` rows in place of older ones of the same row and shape. */
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

/** Every ratio that both have. */
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

/** The rows as a table for people. */
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
