/**
 * Evidence for the Verifier: attempts with a presumed verdict. No truth is used. A verdict is presumed from the votes, if
 * possible from two halves of them on different wordings that agree, or known by construction: a corrupted attempt and an
 * answer to another question are wrong. Pure.
 */

import type { Random } from '../../random.ts';
import { type Corruption, corrupt, CORRUPTIONS } from './corruptions.ts';

/** Where a presumed verdict comes from. */
export type EvidenceSource = 'views' | 'majority' | 'mismatch' | Corruption;

/** An attempt with its presumed verdict. */
export interface Evidence {
  questionId: string;
  question: string;
  attempt: string;
  isRight: boolean;
  source: EvidenceSource;
  /** How far the verdict is trusted, 0..1. */
  weight: number;
}

/** A question with its attempts, whose answers are ranked by their votes. */
export interface RankedQuestion {
  id: string;
  label: string;
  /** Share of the attempts that give the label, 0..1. */
  agreement: number;
  /** Whether the votes on other wordings have the same majority; null if there are none. */
  viewsAgree: boolean | null;
  attempts: readonly RankedAttempt[];
}

/** An attempt at a question, in its own words or others. */
export interface RankedAttempt {
  /** The words that it answers. */
  question: string;
  text: string;
  /** Rank of its answer: 0 is the label, higher is rarer; null without an answer. */
  rank: number | null;
}

/**
 * Returns all evidence from the votes on a question; none if its wordings disagree. Wrong answers come rarest first
 * (CoVerRL, arXiv 2603.17775): a common one may be the true answer.
 */
export function votedEvidence({ id, agreement, viewsAgree, attempts }: RankedQuestion): Evidence[] {
  if (viewsAgree === false) return [];
  const [source, weight] = viewsAgree === null ? (['majority', agreement] as const) : (['views', 1] as const);
  return attempts
    .flatMap(({ question, text, rank }) => (rank === null ? [] : [{ question, text, rank }]))
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ question, text, rank }) => ({
      questionId: id,
      question,
      attempt: text,
      isRight: rank === 0,
      source,
      weight,
    }));
}

/** Returns one corruption of each kind of an attempt that is presumed right, as far as it has something to change. */
export function corruptedEvidence(right: Evidence, random: Random): Evidence[] {
  return CORRUPTIONS.flatMap((kind) => {
    const attempt = corrupt(right.attempt, kind, random);
    return attempt === null ? [] : [{ ...right, attempt, isRight: false, source: kind, weight: 1 }];
  });
}

/** Returns an attempt that is presumed right for another question with another label; null if there is none. */
export function mismatchedEvidence(
  right: Evidence,
  label: string,
  others: readonly { label: string; right: Evidence }[],
  random: Random,
): Evidence | null {
  const apart = others.filter((other) => other.label !== label);
  if (apart.length === 0) return null;
  const { attempt } = random.pick(apart).right;
  return { ...right, attempt, isRight: false, source: 'mismatch', weight: 1 };
}
