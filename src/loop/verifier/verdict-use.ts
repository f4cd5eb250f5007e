/** What verdicts are used for: weights of votes, a gate on labels, and a part of the Solver's reward. Pure. */

import type { RunConfig } from '../../config/schema.ts';

/** A verdict is yes above this score. */
export const YES = 0.5;

/**
 * Returns the weights of the votes on a question: the Verifier's scores, 0..1. If it rejects all of them, no vote is
 * preferred and all weights are 1, because a tally needs some weight.
 */
export function voteWeights(scores: readonly number[]): number[] {
  return scores.some((score) => score > 0) ? [...scores] : scores.map(() => 1);
}

/**
 * Returns whether the Verifier accepts a label: more of the attempts that give it are called right than wrong (CoVerRL).
 * A label without attempts is not accepted.
 */
export function acceptsLabel(scoresOfLabel: readonly number[]): boolean {
  const yes = scoresOfLabel.filter((score) => score > YES).length;
  return yes > scoresOfLabel.length - yes;
}

/**
 * Returns the score of a one-token verdict: the probability of yes, given that the verdict is yes or no. Computed from
 * log-probabilities without overflow.
 */
export function yesProbability(yes: number, no: number): number {
  return 1 / (1 + Math.exp(no - yes));
}

/** Says what a run does without its Verifier in an iteration in which it fails its test. */
export function unusedText({
  votes,
  filter,
  solver,
}: {
  votes: Pick<RunConfig['votes'], 'weights'>;
  filter: Pick<RunConfig['filter'], 'gate'>;
  solver: Pick<RunConfig['solver'], 'verifierWeight'>;
}): string {
  const uses = [
    ...(votes.weights === 'verifier' ? ['all votes count alike'] : []),
    ...(filter.gate === 'verifier' || filter.gate === 'both' ? ['it refuses no label'] : []),
    ...(solver.verifierWeight > 0 ? ["it pays no part of the Solver's reward"] : []),
  ];
  return uses.length < 2 ? (uses[0] ?? 'it judges no votes') : `${uses.slice(0, -1).join(', ')}, and ${uses.at(-1)}`;
}
