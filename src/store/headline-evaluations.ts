import { moduleLabel } from '../modules.ts';
import type { EvalResult } from '../types.ts';
import type { RunStore } from './store.ts';

/**
 * Returns the evaluation that represents each iteration, in order: the one on the domain's own test, or the first
 * one if the iteration has none on that test.
 */
export function headlineEvaluations(store: Pick<RunStore, 'evaluations' | 'meta'>): EvalResult[] {
  const own = moduleLabel(store.meta().config.domain);
  const chosen = new Map<number, EvalResult>();
  for (const one of store.evaluations()) {
    if (!chosen.has(one.iteration) || one.task === own) chosen.set(one.iteration, one);
  }
  return [...chosen.values()];
}
