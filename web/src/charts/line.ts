/** What a chart draws, and the columns that it hands to uPlot. Pure. */

import { decimate } from './decimate.ts';
import { smooth } from './smooth.ts';

/** A line: one metric of one run. All columns have equal length. */
export interface Line {
  /** Unique in its chart. */
  key: string;
  /** Metric, as shown. */
  name: string;
  /** Run; null if the page shows only one. */
  run: string | null;
  /** Ascending. */
  x: number[];
  y: (number | null)[];
  /** Bounds of the band around the line; empty without one. */
  low: (number | null)[];
  high: (number | null)[];
  /** Draws the bounds as a band. */
  hasBand: boolean;
  /** Colour variable, e.g. `--series-1`. */
  colour: string;
  /** Lengths of dash and gap; empty for a solid line. */
  dash: number[];
  /** Where a point comes from, e.g. `iteration 2, step 3`. */
  place: (at: number) => string;
}

/** A vertical line with a name. */
export interface Boundary {
  x: number;
  label: string;
}

export interface LineOptions {
  smoothing: number;
  log: boolean;
}

/** The columns of a line: x, the values as they are, the smoothed ones, and the bounds. */
export type Columns = [x: number[], raw: Value[], smoothed: Value[], low: Value[], high: Value[]];
type Value = number | null;

/** Smoothed values by line. They do not change when a chart is zoomed. */
const smoothed = new WeakMap<readonly Value[], { smoothing: number; values: Value[] }>();

/** Returns the columns of the visible part of a line, thinned out to `columns` columns of pixels. */
export function columnsOf(
  line: Line,
  { smoothing, log }: LineOptions,
  range: readonly [number, number],
  columns: number,
): Columns {
  const indices = decimate(line.x, line.y, range, columns);
  const average = averageOf(line.y, smoothing);
  const pick = (values: readonly Value[]): Value[] => indices.map((at) => drawable(values[at] ?? null, log));
  return [indices.map((at) => line.x[at]), pick(line.y), pick(average), pick(line.low), pick(line.high)];
}

function averageOf(values: readonly Value[], smoothing: number): Value[] {
  const known = smoothed.get(values);
  if (known?.smoothing === smoothing) return known.values;
  const average = smooth(values, smoothing);
  smoothed.set(values, { smoothing, values: average });
  return average;
}

/** A logarithmic axis has no place for zero and below. */
function drawable(value: Value, log: boolean): Value {
  return value === null || !Number.isFinite(value) || (log && value <= 0) ? null : value;
}

/** Returns the range of all lines, a little wider if it is a single point; null without points. */
export function fullRange(lines: readonly Pick<Line, 'x'>[]): [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (const { x } of lines) {
    if (x.length === 0) continue;
    low = Math.min(low, x[0]);
    high = Math.max(high, x[x.length - 1]);
  }
  if (low > high) return null;
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Returns a range zoomed by `factor` around a point, inside `full`; null when it is all of it. */
export function zoomed(
  range: readonly [number, number],
  full: readonly [number, number],
  around: number,
  factor: number,
): [number, number] | null {
  const low = Math.max(full[0], around - (around - range[0]) * factor);
  const high = Math.min(full[1], around + (range[1] - around) * factor);
  return low <= full[0] && high >= full[1] ? null : [low, high];
}
