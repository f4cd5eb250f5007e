/** What the page draws as curves. */

import type { StageName } from '../../types.ts';

export interface CurveList {
  names: CurveName[];
}

export interface CurveName {
  /** The metric's name, e.g. `solver/reward`. */
  name: string;
  /** Number of values. */
  points: number;
}

/** The values of one metric in the order in which they were committed. Columns have equal length. */
export interface Series {
  name: string;
  iteration: number[];
  stage: StageName[];
  step: number[];
  /** Null where the value is not a number. */
  value: (number | null)[];
  /** Bounds of the 95 % interval; empty for a metric without intervals. */
  low: number[];
  high: number[];
}
