/**
 * The one test of a paired difference, for benchmarks, held-out scores and ablations. Interval and p-value come from
 * the same sign flips: the interval holds the differences that the test does not reject at 5 %, so it excludes zero
 * exactly when p < 0.05 (inversion of a permutation test; Hartigan 1969). For right-or-wrong scores, it is McNemar's
 * exact test. Valid for few questions too. Pure; scores per question in, each 0..1, in the same order.
 */

import { EvalError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Estimate } from '../types.ts';
import { mcnemarPValue, mean, sum, wilson } from './statistics.ts';

/** The improvement from one model to another on the same questions. */
export interface Gain {
  /** Mean scores on the compared questions. */
  before: number;
  after: number;
  /** `after` minus `before`, -1..1, with its 95 % interval over questions. */
  difference: Estimate;
  /** Two-sided. At least 1e-4 (one of the random flips) if more than 16 questions changed by other than 0 or 1. */
  p: number;
}

const LEVEL = 0.05;

/** Returns whether chance does not explain a gain: p < 0.05, and the interval excludes zero. */
export function isSignificant({ p }: Pick<Gain, 'p'>): boolean {
  return p < LEVEL;
}

/** Throws EvalError for lists of unequal lengths and without questions. */
export function pairedGain(before_P: readonly number[], after_P: readonly number[]): Gain {
  const difference_P = differences(before_P, after_P);
  const flips = flipsOf(difference_P);
  const p = exactPValue(difference_P) ?? shareCovering(flips, 0);
  const difference = agreeing({ value: mean(difference_P), ...boundsOf(flips, difference_P) }, p);
  return { before: mean(before_P), after: mean(after_P), difference, p };
}

/** Returns the difference of `pairedGain` with its 95 % interval. */
export function pairedDifference(before_P: readonly number[], after_P: readonly number[]): Estimate {
  return pairedGain(before_P, after_P).difference;
}

/** Maximum number of changed questions whose sign patterns are enumerated: 2^16. */
const EXACT_QUESTIONS = 16;

/** Computes the p-value without random flips, where that is possible; otherwise null. */
function exactPValue(difference_P: readonly number[]): number | null {
  const changed = difference_P.filter((difference) => difference !== 0);
  if (changed.length > EXACT_QUESTIONS) {
    if (changed.some((difference) => Math.abs(difference) !== 1)) return null;
    const better = changed.filter((difference) => difference > 0).length;
    return mcnemarPValue(changed.length - better, better);
  }
  // Sums of the same magnitudes in another order differ in the last bits.
  const threshold = Math.abs(sum(changed)) - TIE;
  let extreme = 0;
  for (let signs = 0; signs < 2 ** changed.length; signs++) {
    const flipped = changed.reduce((total, value, at) => total + ((signs >> at) & 1 ? -value : value), 0);
    if (Math.abs(flipped) >= threshold) extreme++;
  }
  return extreme / 2 ** changed.length;
}

/**
 * The sign flips of a test. A flip is at least as extreme as the observed signs, for the hypothesis that the mean
 * difference is d, exactly when d is between the mean of the flipped questions and the mean of the others.
 */
interface Flips {
  low: Float64Array;
  high: Float64Array;
  /** Flips that cover every d (none or all questions are flipped); not in the lists. */
  covering: number;
}

const TIE = 1e-9;
const RANDOM_FLIPS = 10_000;
/** Maximum number of questions for which all flips are enumerated. */
const ENUMERATED_QUESTIONS = 13;

function flipsOf(difference_P: readonly number[]): Flips {
  const count = difference_P.length;
  const total = sum(difference_P);
  const low: number[] = [];
  const high: number[] = [];
  let covering = 0;
  const add = (flipped: number, size: number): void => {
    if (size === 0 || size === count) {
      covering++;
      return;
    }
    const [a, b] = [tied(flipped) / size, tied(total - flipped) / (count - size)];
    low.push(Math.min(a, b));
    high.push(Math.max(a, b));
  };
  if (count <= ENUMERATED_QUESTIONS) enumerate(difference_P, add);
  else {
    draw(difference_P, add);
    // The observed signs count as one of the flips.
    covering++;
  }
  return { low: Float64Array.from(low).sort(), high: Float64Array.from(high).sort(), covering };
}

function tied(value: number): number {
  return Math.abs(value) < TIE ? 0 : value;
}

type Add = (flipped: number, size: number) => void;

function enumerate(difference_P: readonly number[], add: Add): void {
  for (let signs = 0; signs < 2 ** difference_P.length; signs++) {
    const flipped = difference_P.filter((_, at) => ((signs >> at) & 1) === 1);
    add(sum(flipped), flipped.length);
  }
}

/** Draws random flips. Questions with the same difference are interchangeable, so only their number is drawn. */
function draw(difference_P: readonly number[], add: Add): void {
  const counts = new Map<number, number>();
  for (const difference of difference_P) counts.set(difference, (counts.get(difference) ?? 0) + 1);
  const groups = [...counts].toSorted(([a], [b]) => a - b);
  const random = new Random(1);
  for (let flip = 0; flip < RANDOM_FLIPS; flip++) {
    let [flipped, size] = [0, 0];
    for (const [value, count] of groups) {
      const heads = headsOf(count, random);
      flipped += value * heads;
      size += heads;
    }
    add(flipped, size);
  }
}

/** Tosses `count` coins, 32 at a time. */
function headsOf(count: number, random: Random): number {
  let heads = 0;
  for (let left = count; left > 0; left -= 32) {
    const bits = (random.next() * 2 ** 32) >>> 0;
    heads += onesIn(left >= 32 ? bits : bits & ((1 << left) - 1));
  }
  return heads;
}

function onesIn(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Returns the share of the flips that are at least as extreme as the observed signs, for a mean difference of `d`. */
function shareCovering({ low, high, covering }: Flips, d: number): number {
  const outside = low.filter((bound) => bound > d).length + high.filter((bound) => bound < d).length;
  return (covering + low.length - outside) / (covering + low.length);
}

/** Returns the outermost differences that at least 5 % of the flips cover, within -1..1. */
function boundsOf({ low, high, covering }: Flips, difference_P: readonly number[]): { low: number; high: number } {
  const [first] = difference_P;
  if (difference_P.every((difference) => difference === first)) {
    if (first === 0) return { low: 0, high: 0 };
    if (Math.abs(first) === 1 && difference_P.length > 1) return unanimous(difference_P);
  }
  // The number of ordinary flips that must cover a difference; TIE keeps 5 % of 10,000 from becoming 501.
  const needed = Math.ceil(LEVEL * (covering + low.length) - TIE) - covering;
  if (needed <= 0) return { low: -1, high: 1 };
  return { low: Math.max(-1, low[needed - 1]), high: Math.min(1, high[high.length - needed]) };
}

/** All questions changed in the same direction, so their spread is unknown: Wilson's interval of that share. */
function unanimous(difference_P: readonly number[]): { low: number; high: number } {
  const { low } = wilson(difference_P.length, difference_P.length);
  return difference_P[0] > 0 ? { low: 2 * low - 1, high: 1 } : { low: -1, high: 1 - 2 * low };
}

/** Half of the smallest difference that is ever shown. */
const NEARLY_ZERO = 1e-6;

/**
 * Moves a bound to the side of zero on which the p-value puts it. Bounds from random flips have a sampling error, and an
 * exact p-value has none.
 */
function agreeing(difference: Estimate, p: number): Estimate {
  const { value, low, high } = difference;
  if (!isSignificant({ p })) return { value, low: Math.min(low, 0), high: Math.max(high, 0) };
  return value > 0
    ? { value, low: Math.max(low, Math.min(value, NEARLY_ZERO)), high }
    : { value, low, high: Math.min(high, Math.max(value, -NEARLY_ZERO)) };
}

function differences(before_P: readonly number[], after_P: readonly number[]): number[] {
  if (before_P.length === 0) {
    throw new EvalError('A comparison needs at least one question.', 'Evaluate both on at least one question.');
  }
  if (before_P.length === after_P.length) return after_P.map((after, i) => after - before_P[i]);
  throw new EvalError(
    `Cannot compare ${before_P.length} with ${after_P.length} questions.`,
    'Compare evaluations of the same task with the same number of questions.',
  );
}
