/** Reads what a run on an open domain measured on the held-out tasks. */

import { summarizeQuality, type TaskQuality } from '../../eval/quality/summarize.ts';
import type { OpenIteration } from '../../events.ts';
import type { RunStore } from '../../store/store.ts';
import type { QualityResult } from '../../types.ts';
import { TASK_QUALITY } from './partials.ts';

/** Returns the held-out tasks of an iteration that are measured so far, in order. */
export function tasksOf(store: Pick<RunStore, 'partials'>, iteration: number): TaskQuality[] {
  return store.partials(TASK_QUALITY, iteration).flatMap(({ value }) => value);
}

/** Returns the result of an iteration; null if nothing is measured. */
export function qualityOf(store: Pick<RunStore, 'partials'>, iteration: number): QualityResult | null {
  return summarizeQuality(tasksOf(store, iteration), iteration);
}

/** Returns a row per measured iteration, the base first. */
export function openIterations(store: Pick<RunStore, 'partials' | 'metrics' | 'meta'>): OpenIteration[] {
  const iterations = Array.from({ length: store.meta().config.iterations + 1 }, (_, iteration) => iteration);
  return iterations.flatMap((iteration) => {
    const result = qualityOf(store, iteration);
    if (result === null) return [];
    const kept = store.metrics({ iteration, stage: 'filter', name: 'pool/kept' }).at(-1)?.value ?? null;
    return [{ iteration, result, kept }];
  });
}
