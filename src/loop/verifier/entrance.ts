/**
 * The entrance test: what a Verifier must show on fresh attempts before its verdicts pay. It is run in every iteration,
 * because a Verifier that trains beside the Solver may lose what it could. No truth is used. Pure.
 */

import { percent } from '../../text/numbers.ts';
import { YES } from './verdict-use.ts';

/** Scores of the Verifier: its probability that an attempt is right, 0..1. */
export interface Trials {
  /** Attempts presumed right, each with a corruption of a kind. */
  pairs: readonly { kind: string; original: number; corrupted: number }[];
  /** Fresh attempts by question, with two scores that need no Verifier. */
  groups: readonly { scores: readonly number[]; consensus: readonly number[]; likelihood: readonly number[] }[];
  /** The same attempts, presented in two orders. */
  orders: readonly { first: number; second: number }[];
}

export interface EntranceDials {
  /** Kinds of corruptions that are tested. */
  kinds: readonly string[];
  /** Least share of the corruptions of every kind that is caught. */
  minCaught: number;
  /** Least share of the attempts with the same verdict in both orders. */
  minStable: number;
}

/** How often two scores order the attempts at a question alike. */
export interface Concordance {
  /** Mean over questions; 1/2 is chance. Null if no question can be compared. */
  share: number | null;
  /** Lower end of its one-sided 95 % interval, clustered by question; null for fewer than two questions. */
  low: number | null;
}

export interface Entrance {
  passes: boolean;
  /** Share of the corruptions caught, by kind; null if the attempts had nothing to change. */
  caught: Record<string, number | null>;
  consensus: Concordance;
  likelihood: Concordance;
  /** Null without attempts. */
  stable: number | null;
  /** What it failed, for display; empty if it passes. */
  failures: string[];
}

const KINDS: Readonly<Record<string, string>> = {
  answer: 'changed answers',
  step: 'changed steps',
  operator: 'changed signs',
  mismatch: 'answers to other questions',
};

/** Returns words for the corruptions of a kind. */
export function wordsFor(kind: string): string {
  return KINDS[kind] ?? `corruptions of kind ${kind}`;
}

/** Quantile of the normal distribution for a one-sided 95 % interval. */
const NORMAL_95 = 1.645;

/** Applies the test. A kind that no attempt has is not held against the Verifier, unless no kind was tested at all. */
export function entranceOf(
  { pairs, groups, orders }: Trials,
  { kinds, minCaught, minStable }: EntranceDials,
): Entrance {
  const caught = Object.fromEntries(kinds.map((kind) => [kind, caughtOf(pairs.filter((one) => one.kind === kind))]));
  const consensus = concordance(groups.map(({ scores, consensus: other }) => ({ scores, other })));
  const likelihood = concordance(groups.map(({ scores, likelihood: other }) => ({ scores, other })));
  const stable = shareOf(orders, ({ first, second }) => first > YES === second > YES);
  const tested = Object.entries(caught).flatMap(([kind, share]) => (share === null ? [] : [{ kind, share }]));
  const failures = [
    ...(tested.length === 0 ? ['no attempt could be corrupted'] : []),
    ...tested
      .filter(({ share }) => share < minCaught)
      .map(({ kind, share }) => `it catches ${percent(share)} of ${wordsFor(kind)}, not ${percent(minCaught)}`),
    ...chance('consensus', consensus),
    ...chance('likelihood', likelihood),
    ...(stable === null || stable < minStable
      ? [`${percent(stable ?? 0)} of its verdicts stay in the other order, not ${percent(minStable)}`]
      : []),
  ];
  return { passes: failures.length === 0, caught, consensus, likelihood, stable, failures };
}

/**
 * Returns the share of corruptions that are caught: called wrong, and below their originals, so that a Verifier that calls
 * everything wrong catches nothing. Null without corruptions.
 */
function caughtOf(pairs: Trials['pairs']): number | null {
  return shareOf(pairs, ({ original, corrupted }) => corrupted <= YES && corrupted < original);
}

/** Compares the order of two scores within each question. Ties of the first count one half, ties of the other nothing. */
export function concordance(groups: readonly { scores: readonly number[]; other: readonly number[] }[]): Concordance {
  const shares = groups.flatMap(({ scores, other }) => concordantShare(scores, other) ?? []);
  if (shares.length === 0) return { share: null, low: null };
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  if (shares.length < 2) return { share: mean, low: null };
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (shares.length - 1);
  return { share: mean, low: mean - NORMAL_95 * Math.sqrt(variance / shares.length) };
}

function concordantShare(scores: readonly number[], other: readonly number[]): number | null {
  let [alike, pairs] = [0, 0];
  for (let i = 0; i < scores.length; i++) {
    for (let j = i + 1; j < scores.length; j++) {
      const direction = Math.sign(other[i] - other[j]);
      if (direction === 0) continue;
      pairs++;
      alike += (1 + direction * Math.sign(scores[i] - scores[j])) / 2;
    }
  }
  return pairs === 0 ? null : alike / pairs;
}

function chance(name: string, { share, low }: Concordance): string[] {
  if (low !== null && low > 0.5) return [];
  const pairs = share === null ? 'no pair of attempts' : `${percent(share)} of the pairs of attempts`;
  return [`it agrees with the ${name} on ${pairs}, which is not above chance`];
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number | null {
  return items.length === 0 ? null : items.filter(holds).length / items.length;
}
