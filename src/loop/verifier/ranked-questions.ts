/** Ranks the answers to the questions of a pool by their votes, for the evidence. */

import type { RunContext } from '../context.ts';
import type { VotedPool } from '../4-filter.ts';
import { ranksOf } from '../pool/ranks.ts';
import type { RankedQuestion } from './evidence.ts';
import { askedWords, votedQuestions } from './voted-questions.ts';

/** Returns the questions of the pool that have a label, in its order. */
export async function rankedQuestions(
  ctx: Pick<RunContext, 'grader' | 'store'>,
  voted: VotedPool,
): Promise<RankedQuestion[]> {
  const found: RankedQuestion[] = [];
  for (const { id, text, attempts } of votedQuestions(ctx.store, voted)) {
    const { groups, label, agreement } = voted.tallies.get(id) ?? { groups: [], label: null, agreement: 0 };
    const votes = attempts.map(({ vote }) => vote);
    const ranks = await ranksOf(ctx.grader, groups, votes);
    found.push({
      id,
      label: label ?? '',
      agreement,
      viewsAgree: voted.views?.get(id)?.agree ?? null,
      attempts: attempts.map((one, at) => ({
        question: askedWords({ text }, one),
        text: one.completion,
        rank: ranks[at],
      })),
    });
  }
  return found;
}
