/** The mean lengths of completions that earlier runs measured, for forecasts. */

import { resolve } from 'node:path';

import type { RunConfig } from '../config/schema.ts';
import { listRuns } from '../store/runs.ts';
import { openRun } from '../store/sqlite.ts';
import type { Metric } from '../types.ts';

/** Mean tokens of a Challenger's and of a Solver's completion; null = unknown. */
export interface MeanLengths {
  question: number | null;
  answer: number | null;
}

/** Returns the lengths of the newest run of the same model in the same domain; null if there is none. */
export function measuredLengths(asked: RunConfig): (MeanLengths & { run: string }) | null {
  for (const run of listRuns(asked.runsDir)) {
    if (run.outcome === 'broken') continue;
    const store = openRun(run.dir, { readOnly: true });
    try {
      const { model, domain } = store.meta().config;
      if (!isSame(model, asked.model) || !isSame(domain, asked.domain)) continue;
      const lengths = lengthsIn(store.metrics());
      if (lengths.answer !== null) return { run: run.id, ...lengths };
    } finally {
      store.close();
    }
  }
  return null;
}

export function lengthsIn(metrics: readonly Metric[]): MeanLengths {
  return {
    question: mean(metrics, 'challenger/completions/mean_length'),
    answer: mean(metrics, 'solver/completions/mean_length'),
  };
}

function mean(metrics: readonly Metric[], wanted: string): number | null {
  const found = metrics.filter(({ name }) => name === wanted);
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0) / found.length;
}

/** Names stand for themselves, paths for what they lead to. */
function isSame(one: string, other: string): boolean {
  return one === other || resolve(one) === resolve(other);
}
