/** Searches and sorts the list of runs. Pure. */

import type { RunCard } from '../../../../src/view/runs/types.ts';
import { stateWord } from '../../frame/state-words.ts';

export const SORTS = ['started', 'score', 'gain', 'name'] as const;
export type RunSort = (typeof SORTS)[number];

/** Returns the runs whose name, model, domain or state contains every word of `search`, in any case. */
export function search(runs: readonly RunCard[], text: string): RunCard[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const all = [run.id, run.model, run.domain, stateWord(run.state)].join(' ').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Sorts runs: the newest, or the largest, first; names from A. Runs without the value come last. */
export function sorted(runs: readonly RunCard[], by: RunSort): RunCard[] {
  if (by === 'name') return runs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (by === 'started') return runs.toSorted((a, b) => compareText(b.created ?? '', a.created ?? ''));
  const value = by === 'score' ? newestScore : gainOf;
  return runs.toSorted((a, b) => (value(b) ?? -Infinity) - (value(a) ?? -Infinity) || 0);
}

/** The newest held-out score; null before the first. */
export function newestScore({ scores }: RunCard): number | null {
  return scores.at(-1)?.mean.value ?? null;
}

function gainOf({ gain }: RunCard): number | null {
  return gain?.difference.value ?? null;
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Share of a run's iterations that are done, 0..1. */
export function progressOf({ cursor, iterations }: RunCard): { done: number; of: number } | null {
  if (cursor === null || iterations === null) return null;
  const done = cursor.stage === 'done' ? cursor.iteration : Math.max(0, cursor.iteration - 1);
  return { done: Math.min(done, iterations), of: iterations };
}
