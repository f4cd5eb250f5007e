/** Ranks of answers by their votes. */

import type { Grader } from '../../answers/grader.ts';
import type { VoteGroup } from '../../types.ts';

/**
 * Returns the rank of every answer among groups of equal votes: 0 for the first group, the heaviest; null for an answer
 * that is in none.
 */
export async function ranksOf(
  grader: Pick<Grader, 'comparerTo'>,
  groups: readonly Pick<VoteGroup, 'answer'>[],
  answers: readonly (string | null)[],
): Promise<(number | null)[]> {
  const members = groups.map(({ answer }) => grader.comparerTo(answer));
  const ranks: (number | null)[] = [];
  for (const answer of answers) {
    let found: number | null = null;
    for (let rank = 0; rank < members.length && found === null; rank++) {
      if (await members[rank](answer)) found = rank;
    }
    ranks.push(found);
  }
  return ranks;
}
