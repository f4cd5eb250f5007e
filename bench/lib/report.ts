/** Summary of a finished run, as saved by a benchmark. Only reads the store. */

import { type Band, bandsOf } from '../../src/eval/label-bands.ts';
import { votedLabels, withIllPosed } from '../../src/loop/pool/label-counts.ts';
import type { RunStore } from '../../src/store/store.ts';
import type { EvalResult } from '../../src/types.ts';

export interface IterationReport {
  iteration: number;
  evaluation: EvalResult;
  /** Metrics of the filter stage (`posed`, `valid`, `kept`, `labels_right`, …); empty for the base. */
  pool: Record<string, number>;
  /** Right labels of all voted questions with a label, by agreement band; no label of an ill-posed question is right. */
  bands: Band[];
}

export interface RunReport {
  outcome: string;
  /** Iteration chosen by the label-free criterion. */
  best: number;
  seconds: number;
  engineSeconds: number;
  iterations: IterationReport[];
}

/** Builds the report of a run. The run must have ended. */
export function reportOf(store: RunStore): RunReport {
  const summary = store.summary();
  if (summary === null) throw new Error(`The run in ${store.dir} has not ended.`);
  const { outcome, best, seconds, engineSeconds } = summary;
  const iterations = store.evaluations().map((evaluation) => ({
    iteration: evaluation.iteration,
    evaluation,
    pool: poolOf(store, evaluation.iteration),
    bands: bandsOf(votedLabels(store.labels(evaluation.iteration)).map(withIllPosed)),
  }));
  return { outcome, best, seconds, engineSeconds, iterations };
}

function poolOf(store: RunStore, iteration: number): Record<string, number> {
  const rows = store
    .metrics({ iteration, stage: 'filter' })
    .filter(({ name }) => name.startsWith('pool/') && !/^pool\/label(?:s_right|_accuracy)\//.test(name));
  return Object.fromEntries(rows.map(({ name, value }) => [name.slice('pool/'.length), value]));
}
