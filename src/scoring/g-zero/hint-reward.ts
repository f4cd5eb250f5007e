/**
 * The Challenger's reward of G-Zero: for hints that shift the Solver away from its own answer (δ), that are short, and for
 * tasks that differ from the rest of the batch. Pure.
 */

import type { Reward } from '../../rewards/reward.ts';
import { clusterShares } from '../../text/repetition.ts';
import {
  CLUSTER_THRESHOLD,
  FREE_HINT_CHARACTERS,
  HINGE_CHARACTERS,
  HINGE_WEIGHT,
  INVALID_REWARD,
  LOWEST_SHIFT,
} from './constants.ts';

/** Log-probabilities of the tokens of one response of the Solver to a task, in two contexts. */
export interface HintedResponse {
  /** After the task alone, from which the response was sampled (nats per token). */
  plain_T: ArrayLike<number>;
  /** After the task with the hint. */
  hinted_T: ArrayLike<number>;
}

/**
 * Returns δ (nats per token): the mean log-probability of a response after the task, minus that after the task with the
 * hint. Positive: the hint shifts the Solver away from what it would have written. Null for an empty response.
 */
export function hintShift({ plain_T, hinted_T }: HintedResponse): number | null {
  const tokens = plain_T.length;
  if (tokens === 0) return null;
  let sum = 0;
  for (let t = 0; t < tokens; t++) sum += plain_T[t] - hinted_T[t];
  return sum / tokens;
}

/** Returns the cost of a hint's length: 0.03 for each 100 characters above 200. */
export function lengthHinge(characters: number): number {
  return (HINGE_WEIGHT * Math.max(0, characters - FREE_HINT_CHARACTERS)) / HINGE_CHARACTERS;
}

/** A posed task with its hint, as the reward needs it. */
export interface HintedTask {
  task: string;
  hint: string;
  /** δ of one response; null if the completion has no usable task and hint, or the response is empty. */
  shift: number | null;
}

/**
 * Computes the rewards of all tasks of one step, in order: `max(δ, -5)` minus the hint's length hinge minus the share of
 * the batch in the task's BLEU cluster. Invalid ones get -1 minus their share; they share one cluster.
 *
 * Parts: `shift` (δ with its lower limit; 0 if invalid), `length` (the hinge, >= 0), `repetition` (the share), `format`
 * (1 if valid, else 0).
 */
export function hintRewards(tasks_P: readonly HintedTask[]): Reward[] {
  const shares_P = sharesOf(tasks_P);
  return tasks_P.map(({ hint, shift }, at) => {
    const repetition = shares_P[at];
    if (shift === null) {
      return { reward: INVALID_REWARD - repetition, parts: { shift: 0, length: 0, repetition, format: 0 } };
    }
    const limited = Math.max(shift, LOWEST_SHIFT);
    const length = lengthHinge(hint.length);
    return { reward: limited - length - repetition, parts: { shift: limited, length, repetition, format: 1 } };
  });
}

/** Returns the share of the batch in each task's cluster. The invalid ones are one cluster. */
function sharesOf(tasks_P: readonly HintedTask[]): number[] {
  const valid = tasks_P.filter(({ shift }) => shift !== null);
  const { shares } = clusterShares(
    valid.map(({ task }) => task),
    CLUSTER_THRESHOLD,
  );
  const invalid = (tasks_P.length - valid.length) / tasks_P.length;
  let next = 0;
  return tasks_P.map(({ shift }) => (shift === null ? invalid : (shares[next++] * valid.length) / tasks_P.length));
}
