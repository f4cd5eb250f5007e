/** What verdicts are used for: weights of votes, and a gate on labels. Pure. */

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
