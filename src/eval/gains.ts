/**
 * Gains in a run's own held-out scores: over its base, over seeds and between arms, with intervals and
 * p-values. Pure. The test is in `paired.ts`; evaluations on benchmarks are compared in `log/compare-logs.ts`.
 */

import { type Gain, pairedGain } from './paired.ts';
import { mean, meanAndError } from './statistics.ts';
import type { Estimate, EvalResult } from '../types.ts';

/** One iteration of a run compared with its base. */
export interface IterationGain {
  iteration: number;
  /** mean@k compared with the base's mean@k. */
  sampled: Gain;
  /** mean@k compared with the base with forced steps: the gain beyond elicitation. */
  overForced: Gain | null;
  /** Both with forced steps. */
  forced: Gain | null;
}

/** Computes the gains of all iterations over the first evaluation, which must be the base's. */
export function gainsOver(evaluations: readonly EvalResult[]): IterationGain[] {
  const [base, ...rest] = evaluations;
  return rest.map((one) => ({
    iteration: one.iteration,
    sampled: pairedGain(base.perQuestion, one.perQuestion),
    overForced: base.perQuestionForced && pairedGain(base.perQuestionForced, one.perQuestion),
    forced:
      base.perQuestionForced && one.perQuestionForced && pairedGain(base.perQuestionForced, one.perQuestionForced),
  }));
}

/**
 * Returns the share of the last iteration's gain that the first one already achieves; null without a gain.
 */
export function shareAfterFirst(gains: readonly IterationGain[]): number | null {
  const first = gains[0]?.sampled.difference.value ?? 0;
  const last = gains.at(-1)?.sampled.difference.value ?? 0;
  return last > 0 ? first / last : null;
}

/** Two-sided 95 % quantiles of Student's t, for 1 to 19 degrees of freedom. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093,
];

/**
 * Computes the mean over seeds with Student's 95 % interval; each run is one observation. One seed gives no
 * bounds (-Infinity, Infinity).
 */
export function overSeeds(values: readonly number[]): Estimate {
  if (values.length === 0 || values.length > T95.length + 1) {
    throw new RangeError(`A comparison needs 1 to ${T95.length + 1} seeds, not ${values.length}.`);
  }
  const { average: value, error } = meanAndError(values);
  if (values.length === 1) return { value, low: -Infinity, high: Infinity };
  const half = T95[values.length - 2] * error;
  return { value, low: value - half, high: value + half };
}

/** One arm of a comparison: mean scores per question, by seed. */
export type ScoresBySeed = ReadonlyMap<number, readonly number[]>;

export interface ArmComparison {
  seeds: number[];
  /** `after` minus `before` per seed, paired by question. */
  perSeed: { seed: number; gain: Gain }[];
  /** With each run as an observation: generalises over seeds. Null with fewer than two seeds. */
  overSeeds: Estimate | null;
  /** With each question as an observation, scores averaged over the seeds: generalises over questions. */
  overQuestions: Gain;
}

/** Compares two arms on their common seeds. Throws RangeError if there are none. */
export function compareArms(before: ScoresBySeed, after: ScoresBySeed): ArmComparison {
  const seeds = [...before.keys()].filter((seed) => after.has(seed)).toSorted((a, b) => a - b);
  if (seeds.length === 0) throw new RangeError('The two arms have no common seed.');
  const scoresOf = (arm: ScoresBySeed): (readonly number[])[] => seeds.map((seed) => arm.get(seed) ?? []);
  const [left, right] = [scoresOf(before), scoresOf(after)];
  const perSeed = seeds.map((seed, at) => ({ seed, gain: pairedGain(left[at], right[at]) }));
  return {
    seeds,
    perSeed,
    overSeeds: seeds.length < 2 ? null : overSeeds(perSeed.map(({ gain }) => gain.difference.value)),
    overQuestions: pairedGain(averaged(left), averaged(right)),
  };
}

/** Averages several score lists of equal length, question by question. */
function averaged(lists: readonly (readonly number[])[]): number[] {
  return lists[0].map((_, at) => mean(lists.map((list) => list[at])));
}

/** Returns the largest drop of a score below its best so far; 0 if it never drops. */
export function largestFall(scores: readonly number[]): number {
  let best = -Infinity;
  let fall = 0;
  for (const score of scores) {
    best = Math.max(best, score);
    fall = Math.max(fall, best - score);
  }
  return fall;
}
