/** Numbers that show whether a Verifier is being pleased instead of convinced. Pure. */

import { meanOf, metricsOf } from '../metrics.ts';
import type { Entrance } from './entrance.ts';
import { YES } from './verdict-use.ts';

/** The attempts at a question with the Verifier's scores, and two scores that need no Verifier. */
export interface WatchedGroup {
  scores: readonly number[];
  consensus: readonly number[];
  likelihood: readonly number[];
  /** Share of the attempts with the same answer, 0..1. */
  shares: readonly number[];
  /** The attempts. */
  texts: readonly string[];
  /** Whether each attempt gives the true answer, for the audit; null without an oracle. */
  areTrue: readonly boolean[] | null;
}

/**
 * Returns the monitors of an iteration's verdicts: `yes`, the share called right; `judge_gap`, how far the Verifier's
 * favourites stand below the top in the ranks of consensus and likelihood, 0 (the same favourites) to 1 (their last), 1/2
 * if there is no relation; `variety` of the Solver's attempts at a question, 0 (all have the same words) to 1 (no two do);
 * and `caught/KIND` of the entrance test.
 */
export function verdictMetrics(groups: readonly WatchedGroup[], { caught, stable }: Entrance): Record<string, number> {
  const scores = groups.flatMap((group) => group.scores);
  return metricsOf('', {
    yes: meanOf(scores.map((score) => (score > YES ? 1 : 0))),
    judge_gap: meanOf(groups.flatMap((group) => gapOf(group) ?? [])),
    variety: meanOf(groups.flatMap(({ texts }) => varietyOf(texts) ?? [])),
    stable,
    ...Object.fromEntries(Object.entries(caught).map(([kind, share]) => [`caught/${kind}`, share])),
  });
}

function gapOf({ scores, consensus, likelihood }: WatchedGroup): number | null {
  if (scores.length < 2) return null;
  const highest = Math.max(...scores);
  const favourites = scores.flatMap((score, at) => (score === highest ? [at] : []));
  const ranks = favourites.flatMap((at) => [rankOf(consensus, at), rankOf(likelihood, at)]);
  return 1 - (meanOf(ranks) ?? 0.5);
}

/** Returns the share of the others that an item stands above, ties counting one half. */
function rankOf(values: readonly number[], at: number): number {
  const others = values.filter((_, index) => index !== at);
  return meanOf(others.map((other) => (1 + Math.sign(values[at] - other)) / 2)) ?? 0.5;
}

function varietyOf(texts: readonly string[]): number | null {
  return texts.length < 2 ? null : (new Set(texts).size - 1) / (texts.length - 1);
}
