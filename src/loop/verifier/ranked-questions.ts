/** Reads the questions of a pool with their attempts, ranked by the votes, from the store. */

import type { Attempt, Question } from '../../types.ts';
import type { VotedPool } from '../4-filter.ts';
import type { RunContext } from '../context.ts';
import { ranksOf } from '../pool/ranks.ts';
import { NONE } from '../pool/tally.ts';
import type { RankedQuestion } from './evidence.ts';

/** A question with its stored attempts, in order. */
export interface StoredAttempts {
  ranked: RankedQuestion;
  attempts: readonly Attempt[];
}

/** Returns the questions of the pool that have a label, in its order. */
export async function rankedQuestions(
  ctx: Pick<RunContext, 'grader' | 'store'>,
  { iteration, pool, tallies, views }: VotedPool,
): Promise<StoredAttempts[]> {
  const attempts = new Map<string, Attempt[]>();
  for (const one of ctx.store.attempts({ iteration })) {
    if (tallies.has(one.questionId)) attempts.set(one.questionId, [...(attempts.get(one.questionId) ?? []), one]);
  }
  const found: StoredAttempts[] = [];
  for (const { question } of pool) {
    const tally = tallies.get(question.id);
    if (tally === undefined || tally.label === null || tally.label === NONE) continue;
    const own = attempts.get(question.id) ?? [];
    const ranks = await ranksOf(
      ctx.grader,
      tally.groups,
      own.map(({ vote }) => vote),
    );
    const split = views?.get(question.id);
    found.push({
      attempts: own,
      ranked: {
        id: question.id,
        label: tally.label,
        agreement: tally.agreement,
        viewsAgree: split === undefined || split === null ? null : split.agree,
        attempts: own.map((one, at) => ({
          question: askedWords(question, one),
          text: one.completion,
          rank: ranks[at],
        })),
      },
    });
  }
  return found;
}

/** Returns the words that an attempt answers. */
export function askedWords({ text }: Pick<Question, 'text'>, { wording }: Pick<Attempt, 'wording'>): string {
  return wording ?? text;
}
