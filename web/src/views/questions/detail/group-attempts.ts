/** Puts attempts into the groups of their votes. Pure. */

import type { AttemptView, QuestionDetail } from '../../../../../src/view/questions/types.ts';

/** Attempts with equal votes; `answer` is null for attempts without one. */
export interface AttemptGroup {
  answer: string | null;
  attempts: AttemptView[];
}

/**
 * Groups attempts by vote, the largest group first, those without an answer last. The votes say which answers are equal
 * only by their sizes, so that a vote that is written differently from its group's answer makes a group of its own.
 */
export function groupAttempts({ attemptsList, votes }: Pick<QuestionDetail, 'attemptsList' | 'votes'>): AttemptGroup[] {
  const groups = new Map<string | null, AttemptView[]>();
  for (const attempt of attemptsList) {
    const members = groups.get(attempt.vote);
    if (members === undefined) groups.set(attempt.vote, [attempt]);
    else members.push(attempt);
  }
  const place = new Map(votes.map(({ answer }, at) => [answer, at]));
  const placeOf = (answer: string | null): number => (answer === null ? Infinity : (place.get(answer) ?? votes.length));
  return [...groups]
    .map(([answer, attempts]) => ({ answer, attempts }))
    .toSorted((a, b) => comparePlaces(placeOf(a.answer), placeOf(b.answer)) || b.attempts.length - a.attempts.length);
}

function comparePlaces(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
