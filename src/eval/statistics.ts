/**
 * Statistics of a finite test: estimates with 95 % intervals, pass@k. Pure; shares in, shares out. Each question is one
 * observation: samples of the same question are not independent, so they are averaged first (intervals clustered by
 * question). Scores come from `runner.ts`; two models are compared in `paired.ts`.
 */

import { EvalError } from '../errors.ts';
import type { Estimate } from '../types.ts';

/** Normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

/**
 * Computes the mean of the questions' mean scores (each 0..1) with its normal 95 % interval, cut to [0, 1].
 * If all scores are 0, or all are 1, the variance is zero and Wilson's interval is used. With fewer than two
 * questions, the interval is [0, 1]. Throws EvalError without questions.
 */
export function meanEstimate(scores_P: readonly number[]): Estimate {
  const { average: value, error } = meanAndError(scores_P);
  if (scores_P.length < 2) return { value, low: 0, high: 1 };
  if (error === 0 && (value === 0 || value === 1)) return wilson(value * scores_P.length, scores_P.length);
  return { value, low: Math.max(0, value - Z95 * error), high: Math.min(1, value + Z95 * error) };
}

/**
 * Computes the share of successes with Wilson's 95 % score interval, for right-or-wrong scores, one per
 * question.
 */
export function wilson(successes: number, trials: number): Estimate {
  requireQuestions(trials);
  const value = successes / trials;
  const z2 = Z95 * Z95;
  const centre = (value + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (Z95 / (1 + z2 / trials)) * Math.sqrt((value * (1 - value)) / trials + z2 / (4 * trials * trials));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Computes the exact two-sided McNemar p-value from the questions that only one of two models got right: the
 * binomial test of `min(onlyBefore, onlyAfter)` at one half.
 */
export function mcnemarPValue(onlyBefore: number, onlyAfter: number): number {
  const trials = onlyBefore + onlyAfter;
  const fewer = Math.min(onlyBefore, onlyAfter);
  // Uses logarithms, because 2^-trials underflows beyond a thousand.
  let logTerm = -trials * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= fewer; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((trials - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/**
 * Computes the unbiased pass@k of one question: the probability that k of its `samples`, drawn without
 * replacement, contain a correct one (Chen et al. 2021). Throws EvalError if k exceeds the number of samples.
 */
export function passAtK(samples: number, correct: number, k: number): number {
  if (k > samples) {
    throw new EvalError(
      `pass@${k} needs ${k} samples per question, but there are ${samples}.`,
      'Increase the number of samples, or use a smaller k.',
    );
  }
  let allWrong = 1;
  for (let i = samples - correct + 1; i <= samples; i++) allWrong *= Math.max(0, 1 - k / i);
  return 1 - allWrong;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Returns NaN for an empty list. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/**
 * Computes the mean and its standard error (unbiased variance; 0 for one value). Throws EvalError for an
 * empty list.
 */
export function meanAndError(values: readonly number[]): { average: number; error: number } {
  requireQuestions(values.length);
  if (values.every((value) => value === values[0])) return { average: values[0], error: 0 };
  const average = mean(values);
  const squares = sum(values.map((value) => (value - average) ** 2));
  return { average, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

function requireQuestions(count: number): void {
  if (count > 0) return;
  throw new EvalError('An evaluation needs at least one question.', 'Set evaluation.questions to 1 or more.');
}
