/** Reads the questions of a pool with their attempts from the store, as the Verifier judges them. */

import type { RunStore } from '../../store/store.ts';
import type { Attempt, Question } from '../../types.ts';
import type { VotedPool } from '../4-filter.ts';
import { NONE } from '../pool/tally.ts';
import type { VotedAttempt } from '../pool/voting.ts';

/** A question with its attempts, in order. */
export interface VotedQuestion {
  id: string;
  text: string;
  attempts: readonly VotedAttempt[];
}

/** Returns the questions of the pool that have a label, in its order. */
export function votedQuestions(
  store: Pick<RunStore, 'attempts'>,
  { iteration, pool, tallies }: VotedPool,
): VotedQuestion[] {
  const attempts = new Map<string, Attempt[]>();
  for (const one of store.attempts({ iteration })) {
    if (tallies.has(one.questionId)) attempts.set(one.questionId, [...(attempts.get(one.questionId) ?? []), one]);
  }
  return pool.flatMap(({ question: { id, text } }) => {
    const label = tallies.get(id)?.label ?? null;
    return label === null || label === NONE ? [] : [{ id, text, attempts: attempts.get(id) ?? [] }];
  });
}

/** Returns the words that an attempt answers. */
export function askedWords({ text }: Pick<Question, 'text'>, { wording }: Pick<Attempt, 'wording'>): string {
  return wording ?? text;
}
