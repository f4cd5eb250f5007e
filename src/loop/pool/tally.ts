/** How votes are counted where the config departs from the plain majority (FIDELITY.md, numbers 12 and 13, and "Denominator of p"). */

import type { Grader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { VoteTally } from '../../types.ts';

/** The answer of an attempt that boxed none, where that is an answer. */
export const NONE = 'None';

/** The dials of counting. */
export type VoteRules = Pick<RunConfig['votes'], 'noneIsVote' | 'noIsNo' | 'countUnanswered'>;

/** What counting must know of an attempt. */
export interface CountedAttempt {
  /** The final answer, or null. */
  vote: string | null;
  /** Whether it has a box at all; an empty one is no answer under any rule. */
  boxed: boolean;
  /** How much its vote counts; default 1. */
  weight?: number;
}

/** The tally of one question's attempts; with the default rules, `Grader.tally` of their votes. */
export async function tallyAttempts(
  grader: Grader,
  attempts: readonly CountedAttempt[],
  rules: VoteRules,
): Promise<VoteTally> {
  const answers = attempts.map(({ vote, boxed }) => (rules.noneIsVote && !boxed ? NONE : vote));
  const counted = rules.noIsNo ? withOneNo(answers) : answers;
  const tally = await grader.tally(counted.map((answer, at) => ({ answer, weight: attempts[at].weight ?? 1 })));
  const given = tally.groups.reduce((sum, { weight }) => sum + weight, 0);
  if (rules.countUnanswered || given === 0) return tally;
  return { ...tally, agreement: tally.groups[0].weight / given };
}

/** Every answer that contains "no " in the words of the first one that does. */
function withOneNo(answers: readonly (string | null)[]): (string | null)[] {
  const saysNo = (answer: string | null): boolean => answer?.toLowerCase().includes('no ') === true;
  const first = answers.find(saysNo) ?? null;
  return answers.map((answer) => (saysNo(answer) ? first : answer));
}
