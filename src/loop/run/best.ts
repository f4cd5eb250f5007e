/**
 * Chooses the iteration to keep, without any label: the one whose sampled answers to the test's *questions*
 * agree most with the joint majority of all iterations' answers. A model's own agreement would not do: it
 * keeps rising while a Solver collapses onto one answer, and such an answer finds no joint majority.
 */

import type { Grader } from '../../answers/grader.ts';

export interface IterationVotes {
  iteration: number;
  /** Final answers of the sampled attempts, per question, in test order. */
  votes: (string | null)[][];
}

/** The best iteration; of equal ones the earliest. */
export async function bestIteration(grader: Grader, iterations: readonly IterationVotes[]): Promise<number> {
  const scores = await consensusScores(grader, iterations);
  return iterations[scores.indexOf(Math.max(...scores))].iteration;
}

/** Mean share of every iteration's attempts that give the joint majority answer, 0..1. */
export async function consensusScores(grader: Grader, iterations: readonly IterationVotes[]): Promise<number[]> {
  const sums = iterations.map(() => 0);
  const questions = Math.min(...iterations.map(({ votes }) => votes.length));
  for (let question = 0; question < questions; question++) {
    const { label } = await grader.tally(iterations.flatMap(({ votes }) => votes[question]));
    if (label === null) continue;
    const isLabel = grader.comparerTo(label);
    for (const [at, { votes }] of iterations.entries()) {
      sums[at] += (await shareOf(votes[question], isLabel)) / questions;
    }
  }
  return sums;
}

/** Share of the votes that pass the test; 0 for none. */
async function shareOf(
  votes: readonly (string | null)[],
  isLabel: (vote: string | null) => Promise<boolean>,
): Promise<number> {
  let agreeing = 0;
  for (const vote of votes) if (await isLabel(vote)) agreeing++;
  return votes.length === 0 ? 0 : agreeing / votes.length;
}
