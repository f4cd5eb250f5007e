/** Groups votes of attempts that no stage has tallied: questions of the Challenger's training, and of a running vote. */

import { canonicalKey, compareAnswers } from '../../answers/compare/equal.ts';
import type { VoteGroup } from '../../types.ts';

/** A vote, and how many attempts gave it; null: attempts without an answer. */
export interface CountedVote {
  vote: string | null;
  count: number;
}

export interface Tally {
  /** Largest first. */
  groups: VoteGroup[];
  unanswered: number;
  attempts: number;
  label: string | null;
  /** Share of all attempts. */
  agreement: number;
}

/**
 * Groups votes whose canonical form is the same. The run itself also compares answers that look different, so that its
 * tallies, where it stored them, may have fewer groups.
 */
export function tallyOf(votes: readonly CountedVote[]): Tally {
  const groups = new Map<string, VoteGroup>();
  let attempts = 0;
  for (const { vote, count } of votes) {
    attempts += count;
    const key = vote === null ? null : canonicalKey(vote);
    if (vote === null || key === null) continue;
    const group = groups.get(key) ?? { answer: vote, count: 0, weight: 0 };
    group.count += count;
    group.weight += count;
    groups.set(key, group);
  }
  return tallyOfGroups(
    [...groups.values()].toSorted((a, b) => b.count - a.count),
    attempts,
  );
}

function tallyOfGroups(groups: VoteGroup[], attempts: number): Tally {
  const answered = groups.reduce((sum, { count }) => sum + count, 0);
  const [largest] = groups;
  return {
    groups,
    attempts,
    unanswered: attempts - answered,
    label: largest?.answer ?? null,
    agreement: attempts === 0 ? 0 : (largest?.count ?? 0) / attempts,
  };
}

/** Returns whether a label is the true answer; null if that is not known without evaluating them. */
export function isRight(label: string | null, truth: string | null): boolean | null {
  if (label === null || truth === null) return null;
  const verdict = compareAnswers(label, truth).verdict;
  return verdict === 'undecided' ? null : verdict === 'equal';
}

/** Replaces the majority answer by the computed one. The agreement is then the share of the attempts that are right. */
export function withTruth(tally: Tally, truth: string | null): Tally {
  const right = tally.groups.filter(({ answer }) => isRight(answer, truth) === true);
  const count = right.reduce((sum, group) => sum + group.count, 0);
  return { ...tally, label: truth, agreement: tally.attempts === 0 ? 0 : count / tally.attempts };
}

const MOST_BARS = 8;

/** Returns the sizes of groups; the last of eight is the sum of the rest. */
export function barsOf(groups: readonly { count: number }[]): number[] {
  const sizes = groups.map(({ count }) => count);
  if (sizes.length <= MOST_BARS) return sizes;
  const rest = sizes.slice(MOST_BARS - 1).reduce((sum, size) => sum + size, 0);
  return [...sizes.slice(0, MOST_BARS - 1), rest];
}
