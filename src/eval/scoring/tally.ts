import type { VoteTally } from '../../types.ts';

/** Counts equal texts, in the order of `VoteTally`. */
export function tallyTexts(answers: readonly (string | null)[]): VoteTally {
  const counts = new Map<string, number>();
  for (const answer of answers) if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const groups = [...counts]
    .map(([answer, count]) => ({ answer, count, weight: count }))
    .toSorted((a, b) => b.count - a.count);
  return {
    groups,
    label: groups[0]?.answer ?? null,
    agreement: answers.length === 0 ? 0 : (groups[0]?.count ?? 0) / answers.length,
    unanswered: answers.filter((answer) => answer === null).length,
    attempts: answers.length,
  };
}
