import { moduleLabel } from '../modules.ts';
import type { EvalResult } from '../types.ts';
import type { RunStore } from './store.ts';

/**
 * The evaluations that a run is told by, one per iteration, in order: on its domain's own test, or, in an iteration
 * without one, on the first test that there is.
 */
export function tellingEvaluations(store: Pick<RunStore, 'evaluations' | 'meta'>): EvalResult[] {
  const own = moduleLabel(store.meta().config.domain);
  const chosen = new Map<number, EvalResult>();
  for (const one of store.evaluations()) {
    if (!chosen.has(one.iteration) || one.task === own) chosen.set(one.iteration, one);
  }
  return [...chosen.values()];
}
