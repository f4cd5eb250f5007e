/** What the page shows of evaluations. */

import type { Gain } from '../../eval/paired.ts';
import type { Estimate, EvalResult } from '../../types.ts';

export interface EvaluationsView {
  /** Held-out results by iteration, the base first. */
  heldOut: HeldOutScore[];
  /** Benchmark reports in the run's folder. */
  reports: ReportListing[];
}

export interface ReportListing {
  /** Folder of the evaluation within `evaluations/`. */
  name: string;
  model: string;
  /** ISO 8601. */
  created: string;
  /** The main metric of every task; a task without answers has a score of null. */
  tasks: { title: string; metric: string; score: Estimate | null }[];
}

/** A held-out result, with its paired difference to the base. */
export interface HeldOutScore {
  result: Omit<EvalResult, 'perQuestion' | 'perQuestionForced'>;
  /** mean@k compared with the base's; null for the base. */
  gain: Gain | null;
  /** The same with forced worked steps; null for the base, and without them. */
  forcedGain: Gain | null;
}
