/**
 * Compares a run's metrics with the limits that indicate collapse. Pure. `monitors.ts` collects the metrics and acts on
 * the result.
 */

import type { RunConfig } from '../../config/schema.ts';
import { percent } from '../../text/numbers.ts';
import type { MonitorName } from '../../types.ts';

/** The limits of the config. */
export type Limits = RunConfig['monitors'];

/** Watched metrics. A step may lack some. Shares are 0..1. */
export interface WatchedNumbers {
  /** Mean entropy of the policy, nats per token. */
  entropy?: number;
  /** Distinct clusters / valid questions. */
  clusters?: number;
  /** Mean tokens per completion. */
  length?: number;
  /** Attempts without an answer / attempts. */
  unanswered?: number;
  /** Groups whose rewards are all equal / groups. */
  zeroVariance?: number;
  /** Mean agreement − label accuracy, -1..1. */
  agreementGap?: number;
  /** How far the Verifier's favourites stand below the top in other ranks, 0..1. */
  judgeGap?: number;
  /** Share of the Verifier's more frequent verdict, 1/2..1. */
  oneVerdict?: number;
  /** Share of the corruptions caught, of the kind that is caught least. */
  corruptions?: number;
  /** Of the attempts that the Verifier is tested on, 0..1. */
  variety?: number;
}

/** A metric that passed its limit. */
export interface Crossing {
  about: MonitorName;
  value: number;
  limit: number;
  /** E.g. `entropy is 0.001 nats per token, below monitors.minEntropy (0.005)`. */
  text: string;
}

/**
 * Returns the metrics that pass their limits. A metric that is missing, NaN or exactly at its limit does not pass.
 * @param firstLength mean completion length of the role's first step; null if there is none
 */
export function crossings(numbers: WatchedNumbers, limits: Limits, firstLength: number | null): Crossing[] {
  const { entropy, clusters, length, unanswered, zeroVariance, agreementGap } = numbers;
  const found = [
    below(entropy, limits.minEntropy, {
      about: 'entropy',
      setting: 'monitors.minEntropy',
      name: (x) => `entropy is ${small(x)} nats per token`,
    }),
    below(clusters, limits.minClusters, {
      about: 'clusters',
      setting: 'monitors.minClusters',
      name: (x) => `the share of distinct questions is ${share(x)}`,
    }),
    above(unanswered, limits.maxUnanswered, {
      about: 'unanswered',
      setting: 'monitors.maxUnanswered',
      name: (x) => `the share of attempts without an answer is ${share(x)}`,
    }),
    above(zeroVariance, limits.maxZeroVariance, {
      about: 'zero-variance',
      setting: 'monitors.maxZeroVariance',
      name: (x) => `the share of groups with equal rewards is ${share(x)}`,
    }),
    above(agreementGap, limits.maxAgreementGap, {
      about: 'agreement-gap',
      setting: 'monitors.maxAgreementGap',
      name: (x) => `agreement exceeds label accuracy by ${share(x)}`,
    }),
    ...verdictCrossings(numbers, limits),
    ...lengthCrossings(length, firstLength, limits.lengthFactor),
  ];
  return found.filter((crossing) => crossing !== null);
}

/**
 * Returns the metrics that trip at the last of the steps. A metric trips when it has passed its limit in exactly
 * `limits.patience` consecutive steps, so a metric that stays past its limit trips once.
 */
export function trips(steps: readonly WatchedNumbers[], limits: Limits, firstLength: number | null): Crossing[] {
  const found = steps.map((numbers) => crossings(numbers, limits, firstLength));
  const passedAt = (step: number, about: MonitorName): boolean =>
    step >= 0 && found[step].some((crossing) => crossing.about === about);
  return (found.at(-1) ?? []).filter(({ about }) => {
    let first = found.length - 1;
    while (passedAt(first - 1, about)) first--;
    return found.length - first === limits.patience;
  });
}

/** The monitor, the setting with its limit, and the wording of a value. */
interface Wording {
  about: MonitorName;
  setting: string;
  name: (value: number) => string;
}

function below(value: number | undefined, limit: number, { about, setting, name }: Wording): Crossing | null {
  if (value === undefined || !(value < limit)) return null;
  return { about, value, limit, text: `${name(value)}, below ${setting} (${limit})` };
}

/** A limit of 1 or more is off. */
function above(value: number | undefined, limit: number, { about, setting, name }: Wording): Crossing | null {
  if (value === undefined || limit >= 1 || !(value > limit)) return null;
  return { about, value, limit, text: `${name(value)}, above ${setting} (${limit})` };
}

function verdictCrossings(
  { judgeGap, oneVerdict, corruptions, variety }: WatchedNumbers,
  limits: Limits,
): (Crossing | null)[] {
  return [
    above(judgeGap, limits.maxJudgeGap, {
      about: 'judge-gap',
      setting: 'monitors.maxJudgeGap',
      name: (x) => `the judge gap, by which other ranks place the Verifier's favourites lower, is ${share(x)}`,
    }),
    above(oneVerdict, limits.maxOneVerdict, {
      about: 'one-verdict',
      setting: 'monitors.maxOneVerdict',
      name: (x) => `the Verifier gives the same verdict on ${share(x)} of the attempts`,
    }),
    below(corruptions, limits.minCaught, {
      about: 'corruptions',
      setting: 'monitors.minCaught',
      name: (x) => `the Verifier catches ${share(x)} of the corruptions that it catches least`,
    }),
    below(variety, limits.minVariety, {
      about: 'variety',
      setting: 'monitors.minVariety',
      name: (x) => `the variety of the Solver's attempts is ${share(x)}`,
    }),
  ];
}

function lengthCrossings(length: number | undefined, first: number | null, factor: number): Crossing[] {
  if (length === undefined || first === null || factor === 0) return [];
  const [low, high] = [first / factor, first * factor];
  if (!(length < low || length > high)) return [];
  const [limit, word] = length < low ? [low, 'shorter'] : [high, 'longer'];
  const text = `completions have ${small(length)} tokens, more than ${factor} times (monitors.lengthFactor) ${word} than in the first step (${small(first)})`;
  return [{ about: 'length', value: length, limit, text }];
}

function share(value: number): string {
  return percent(value);
}

function small(value: number): string {
  return String(Number(value.toPrecision(3)));
}
