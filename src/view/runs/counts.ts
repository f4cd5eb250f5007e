/** Counts the questions of an iteration, from posed to trained on, from its metrics. Pure. */

import type { Metric } from '../../types.ts';
import type { LoopCounts } from './types.ts';

const NONE: LoopCounts = { posed: null, valid: null, distinct: null, inBand: null, trainedOn: null };

/**
 * Counts from the metrics of the stages `propose` and `filter`. The filter's newest step has the counts of the whole
 * pool, since a pool may grow. Before it, the chunks of the pool are added up.
 */
export function countsOf(propose: readonly Metric[], filter: readonly Metric[]): LoopCounts {
  const pool = newestPool(filter);
  const posed = pool['pool/posed'];
  if (posed === undefined) return { ...NONE, posed: total(propose, 'pool/posed'), valid: total(propose, 'pool/valid') };
  return {
    posed,
    valid: pool['pool/valid'] ?? null,
    distinct: pool['pool/distinct'] ?? null,
    inBand: pool['pool/in_band'] ?? null,
    trainedOn: pool['pool/kept'] ?? null,
  };
}

const DROPPED = 'pool/dropped/';

/** Returns the numbers of dropped questions by reason (`too_easy`), without zeros. */
export function droppedOf(filter: readonly Metric[]): Record<string, number> {
  const dropped = Object.entries(newestPool(filter)).filter(([name, count]) => name.startsWith(DROPPED) && count > 0);
  return Object.fromEntries(dropped.map(([name, count]) => [name.slice(DROPPED.length), count]));
}

/** Returns the values of the newest step that filtered a pool; audits follow it in steps of their own. */
function newestPool(filter: readonly Metric[]): Record<string, number> {
  return newestStep(filter.filter(({ name }) => name.startsWith('pool/')));
}

/** Returns the values of the newest step. */
export function newestStep(metrics: readonly Metric[]): Record<string, number> {
  const newest = metrics.reduce((most, { step }) => Math.max(most, step), -1);
  return Object.fromEntries(metrics.filter(({ step }) => step === newest).map(({ name, value }) => [name, value]));
}

function total(metrics: readonly Metric[], wanted: string): number | null {
  const values = metrics.filter(({ name }) => name === wanted);
  return values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0);
}
