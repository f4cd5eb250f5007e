/** Counts votes by the rules of the config (FIDELITY.md, numbers 12 and 13, and "Denominator of p"). */

import type { Grader } from '../../answers/grader.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { VoteTally } from '../../types.ts';

/** The vote of an attempt without a box, with `votes.noneIsVote`. */
export const NONE = 'None';

/** The settings for counting. */
export type VoteRules = Pick<RunConfig['votes'], 'noneIsVote' | 'noIsNo' | 'countUnanswered'>;

/** An attempt, as counting needs it. */
export interface CountedAttempt {
  /** The final answer, or null. */
  vote: string | null;
  /** Whether it has a box. An empty box never counts as an answer. */
  boxed: boolean;
  /** Weight of its vote; default 1. */
  weight?: number;
}

/** Counts the attempts at one question. With the default rules, this is `Grader.tally` of their votes. */
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

/**
 * Replaces the majority answer by the computed one. The agreement is then the share of right attempts. It may be 0: no
 * group has the label. Without an answer, there is no label.
 */
export async function withComputedLabel(grader: Grader, tally: VoteTally, truth: string | null): Promise<VoteTally> {
  if (truth === null) return { ...tally, label: null, agreement: 0 };
  const isRight = grader.comparerTo(truth);
  // The agreement of the majority is its weight by the weight of all that count.
  const [first] = tally.groups;
  let right = 0;
  for (const { answer, weight } of tally.groups) if (await isRight(answer)) right += weight;
  const counted = first === undefined ? 0 : first.weight / tally.agreement;
  return { ...tally, label: truth, agreement: right === 0 ? 0 : right / counted };
}

/** Replaces every answer that contains "no " by the first such answer. */
function withOneNo(answers: readonly (string | null)[]): (string | null)[] {
  const saysNo = (answer: string | null): boolean => answer?.toLowerCase().includes('no ') === true;
  const first = answers.find(saysNo) ?? null;
  return answers.map((answer) => (saysNo(answer) ? first : answer));
}
