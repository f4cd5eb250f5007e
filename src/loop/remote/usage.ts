/**
 * What a run uses of a service, as metrics of its steps. Their sums are the totals of the run over all sessions. Work
 * that was lost with an uncommitted step is not in them.
 */

import type { RunStore } from '../../store/store.ts';
import type { EngineUsage } from '../../types.ts';

type Count = Exclude<keyof EngineUsage, 'cost'>;

const COUNTS: readonly (readonly [Count, string])[] = [
  ['requests', 'usage/requests'],
  ['sampledTokens', 'usage/sampled_tokens'],
  ['prefilledTokens', 'usage/prefilled_tokens'],
  ['trainedTokens', 'usage/trained_tokens'],
];
const COST = 'usage/cost';

/** Returns the use between two readings as metrics; none for an engine that does not count. Null before: nothing yet. */
export function usageMetrics(before: EngineUsage | null, after: EngineUsage | null): Record<string, number> {
  if (after === null) return {};
  const metrics = Object.fromEntries(COUNTS.map(([key, name]) => [name, after[key] - (before?.[key] ?? 0)]));
  return after.cost === null ? metrics : { ...metrics, [COST]: after.cost - (before?.cost ?? 0) };
}

/** Adds the metrics of a step to a total. Metrics without usage leave it as it is. */
export function withUsage(total: EngineUsage | null, metrics: Readonly<Record<string, number>>): EngineUsage | null {
  if (!COUNTS.some(([, name]) => name in metrics)) return total;
  const sum = (key: Count, name: string): number => (total?.[key] ?? 0) + (metrics[name] ?? 0);
  const [requests, sampledTokens, prefilledTokens, trainedTokens] = COUNTS.map(([key, name]) => sum(key, name));
  const cost = COST in metrics ? (total?.cost ?? 0) + metrics[COST] : (total?.cost ?? null);
  return { requests, sampledTokens, prefilledTokens, trainedTokens, cost };
}

/** Returns what the committed steps of a run used; null if no engine counted it. */
export function usageOf(store: Pick<RunStore, 'metrics'>): EngineUsage | null {
  const sums: Record<string, number> = {};
  for (const name of [...COUNTS.map(([, count]) => count), COST]) {
    const rows = store.metrics({ name });
    if (rows.length > 0) sums[name] = rows.reduce((total, { value }) => total + value, 0);
  }
  return withUsage(null, sums);
}

/** Returns the tokens that a budget counts: sampled, prefilled and trained. */
export function tokensOf({ sampledTokens, prefilledTokens, trainedTokens }: EngineUsage): number {
  return sampledTokens + prefilledTokens + trainedTokens;
}
