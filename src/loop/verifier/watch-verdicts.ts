/** Numbers that show whether a Verifier is being pleased instead of convinced. Pure. */

import { meanOf, metricsOf } from '../metrics.ts';
import type { Entrance } from './entrance.ts';
import { YES } from './verdict-use.ts';

/** The attempts at a question with the Verifier's scores, and two scores that need no Verifier. */
export interface WatchedGroup {
  scores: readonly number[];
  consensus: readonly number[];
  likelihood: readonly number[];
  /** Answers as read; null without one. */
  answers: readonly (string | null)[];
}

/**
 * Returns the monitors of an iteration's verdicts: `yes`, the share called right; `judge_gap`, how far the Verifier's
 * favourites stand below the top in the ranks of consensus and likelihood, 0 (the same favourites) to 1 (their last), 1/2
 * if there is no relation; `variety`, distinct answers by attempts; and `caught/KIND` of the entrance test.
 */
export function verdictMetrics(groups: readonly WatchedGroup[], { caught, stable }: Entrance): Record<string, number> {
  const scores = groups.flatMap((group) => group.scores);
  return metricsOf('', {
    yes: meanOf(scores.map((score) => (score > YES ? 1 : 0))),
    judge_gap: meanOf(groups.flatMap((group) => gapOf(group) ?? [])),
    variety: meanOf(groups.flatMap(({ answers }) => varietyOf(answers) ?? [])),
    stable,
    ...Object.fromEntries(Object.entries(caught).map(([kind, share]) => [`caught/${kind}`, share])),
  });
}

function gapOf({ scores, consensus, likelihood }: WatchedGroup): number | null {
  if (scores.length < 2) return null;
  const best = scores.indexOf(Math.max(...scores));
  return 1 - ((rankOf(consensus, best) ?? 0.5) + (rankOf(likelihood, best) ?? 0.5)) / 2;
}

/** Returns the share of the others that an item stands above, ties counting one half. */
function rankOf(values: readonly number[], at: number): number | null {
  const others = values.filter((_, index) => index !== at);
  return meanOf(others.map((other) => (1 + Math.sign(values[at] - other)) / 2));
}

function varietyOf(answers: readonly (string | null)[]): number | null {
  return answers.length === 0 ? null : new Set(answers).size / answers.length;
}
