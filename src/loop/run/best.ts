/**
 * Chooses the best iteration without labels: the one whose sampled answers to the test's *questions* agree most with
 * the majority over the answers of all iterations. The agreement of a model with itself is not used, because it keeps
 * rising when a Solver collapses onto one answer. Such an answer is rarely the majority over all iterations.
 */

import type { Grader } from '../../answers/grader.ts';

/** Sampled answers of one iteration. */
export interface IterationVotes {
  iteration: number;
  /** Final answers of the sampled attempts, per question, in test order. */
  votes: (string | null)[][];
}

/** Returns the best iteration; the earliest on a tie. */
export async function bestIteration(grader: Grader, iterations: readonly IterationVotes[]): Promise<number> {
  const scores = await consensusScores(grader, iterations);
  return iterations[scores.indexOf(Math.max(...scores))].iteration;
}

/** Returns for each iteration the mean share of its attempts that give the majority answer of all iterations, 0..1. */
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

/** Returns the share of votes that equal the label; 0 without votes. */
async function shareOf(
  votes: readonly (string | null)[],
  isLabel: (vote: string | null) => Promise<boolean>,
): Promise<number> {
  let agreeing = 0;
  for (const vote of votes) if (await isLabel(vote)) agreeing++;
  return votes.length === 0 ? 0 : agreeing / votes.length;
}
