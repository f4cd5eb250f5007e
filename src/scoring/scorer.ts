/**
 * The interface of scorers: how good each response to an open task is, by a signal that needs no right answer. A scorer
 * that asks a model receives it when it is made, so that all scorers are called alike. Scores of one scorer are
 * comparable inside a group only; `mixture.ts` combines several.
 */

import type { Ctl, Tokens } from '../engine/engine.ts';
import { ConfigError } from '../errors.ts';

/** A sampled response. */
export interface ScoredResponse {
  text: string;
  /** New tokens, including the stop token. */
  tokens: Tokens;
  /** Log-probability of each token under the policy that wrote it (nats). */
  logprobs: ArrayLike<number>;
}

/** The responses to one task. */
export interface ResponseGroup {
  task: string;
  /** Tokens of the Solver's prompt. */
  prompt: Tokens;
  responses: readonly ScoredResponse[];
}

/** A signal of how good responses are. */
export interface Scorer {
  /** Name in metrics and stored scores, such as `likelihood`. */
  readonly name: string;
  /**
   * Returns one finite number per response, in order; higher is better. It must depend on the groups, its settings and
   * its models alone.
   */
  score(groups: readonly ResponseGroup[], ctl?: Ctl): Promise<number[][]>;
}

/**
 * Calls a scorer and checks its result.
 * @throws ConfigError unless it returns one finite number per response
 */
export async function scoresOf(scorer: Scorer, groups: readonly ResponseGroup[], ctl?: Ctl): Promise<number[][]> {
  if (groups.length === 0) return [];
  const scores: unknown = await scorer.score(groups, ctl);
  if (isComplete(scores, groups)) return scores;
  throw new ConfigError(
    `The scorer ${scorer.name} did not return one finite number for each response.`,
    'Correct its score function: it must return a list per group with a finite number per response, in order.',
  );
}

function isComplete(scores: unknown, groups: readonly ResponseGroup[]): scores is number[][] {
  if (!Array.isArray(scores) || scores.length !== groups.length) return false;
  return groups.every(({ responses }, at) => {
    const row: unknown = scores[at];
    return Array.isArray(row) && row.length === responses.length && row.every((one) => Number.isFinite(one));
  });
}

/**
 * Replaces missing scores of a group by its lowest one, so that a response that cannot be scored is never the best; all
 * are 0 if none can be scored.
 */
export function filledWithLowest(scores_G: readonly (number | null)[]): number[] {
  const known = scores_G.filter((score) => score !== null);
  const lowest = known.length === 0 ? 0 : Math.min(...known);
  return scores_G.map((score) => score ?? lowest);
}
