/**
 * When numbers of a run look like collapse. Pure: numbers and limits in, what passed them out. Where the numbers
 * come from and what is done about it: `monitors.ts`.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { MonitorName } from '../../types.ts';

export type Limits = RunConfig['monitors'];

/** What is watched, as far as a step has it. Shares are 0..1. */
export interface WatchedNumbers {
  /** Mean entropy of the policy, nats a token. */
  entropy?: number;
  /** Distinct clusters / valid questions. */
  clusters?: number;
  /** Mean tokens of a completion. */
  length?: number;
  /** Attempts without an answer / attempts. */
  unanswered?: number;
  /** Groups whose rewards are all equal / groups. */
  zeroVariance?: number;
  /** Mean agreement of the votes − accuracy of their labels, -1..1. */
  agreementGap?: number;
}

/** A number that passed its limit. */
export interface Crossing {
  about: MonitorName;
  value: number;
  limit: number;
  /** `entropy 0.001 nats a token, below monitors.minEntropy (0.005)`. */
  says: string;
}

/**
 * Everything in `numbers` that passes its limit; a number that is not there, is no number, or is exactly at its
 * limit, does not. `firstLength`: the length that completions began with, null where there is none.
 */
export function crossings(numbers: WatchedNumbers, limits: Limits, firstLength: number | null): Crossing[] {
  const { entropy, clusters, length, unanswered, zeroVariance, agreementGap } = numbers;
  const found = [
    below(entropy, limits.minEntropy, {
      about: 'entropy',
      dial: 'monitors.minEntropy',
      name: (x) => `entropy ${small(x)} nats a token`,
    }),
    below(clusters, limits.minClusters, {
      about: 'clusters',
      dial: 'monitors.minClusters',
      name: (x) => `distinct questions ${share(x)}`,
    }),
    above(unanswered, limits.maxUnanswered, {
      about: 'unanswered',
      dial: 'monitors.maxUnanswered',
      name: (x) => `attempts without an answer ${share(x)}`,
    }),
    above(zeroVariance, limits.maxZeroVariance, {
      about: 'zero-variance',
      dial: 'monitors.maxZeroVariance',
      name: (x) => `groups with equal rewards ${share(x)}`,
    }),
    above(agreementGap, limits.maxAgreementGap, {
      about: 'agreement-gap',
      dial: 'monitors.maxAgreementGap',
      name: (x) => `agreement above label accuracy ${share(x)}`,
    }),
    ...lengthCrossings(length, firstLength, limits.lengthFactor),
  ];
  return found.filter((crossing) => crossing !== null);
}

/**
 * What trips at the last of a stage's steps: passed there and in the steps right before it, `limits.patience`
 * in all, neither fewer nor more. So a limit that stays passed trips once.
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

/** What a limit is about, the setting that sets it, and how a number is worded. */
interface Wording {
  about: MonitorName;
  dial: string;
  name: (value: number) => string;
}

function below(value: number | undefined, limit: number, { about, dial, name }: Wording): Crossing | null {
  if (value === undefined || !(value < limit)) return null;
  return { about, value, limit, says: `${name(value)}, below ${dial} (${limit})` };
}

/** A limit of 1 and more is off. */
function above(value: number | undefined, limit: number, { about, dial, name }: Wording): Crossing | null {
  if (value === undefined || limit >= 1 || !(value > limit)) return null;
  return { about, value, limit, says: `${name(value)}, above ${dial} (${limit})` };
}

function lengthCrossings(length: number | undefined, first: number | null, factor: number): Crossing[] {
  if (length === undefined || first === null || factor === 0) return [];
  const [low, high] = [first / factor, first * factor];
  if (!(length < low || length > high)) return [];
  const [limit, word] = length < low ? [low, 'shorter'] : [high, 'longer'];
  const says = `completions of ${small(length)} tokens, over ${factor} times (monitors.lengthFactor) ${word} than the first ones of ${small(first)}`;
  return [{ about: 'length', value: length, limit, says }];
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function small(value: number): string {
  return String(Number(value.toPrecision(3)));
}
