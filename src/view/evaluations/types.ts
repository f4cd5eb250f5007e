/** What the page shows of evaluations. */

import type { Gain } from '../../eval/paired.ts';
import type { EvalResult } from '../../types.ts';

export interface EvaluationsView {
  /** Held-out results by iteration, the base first. */
  heldOut: HeldOutView[];
  /** Benchmark reports in the run's folder. */
  reports: { name: string; model: string; created: string; tasks: { title: string; score: number }[] }[];
}

/** A held-out result, with its paired difference to the base. */
export interface HeldOutView {
  result: Omit<EvalResult, 'perQuestion' | 'perQuestionForced'>;
  /** Null for the base. */
  gain: Gain | null;
}
