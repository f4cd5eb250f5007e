/**
 * Says whether the questions become harder, or only stranger, from the pools of the first and the last iteration. Pure,
 * without Node. A difference counts only if chance does not explain it (95 %, pools as independent samples).
 */

import type { Estimate } from '../../types.ts';
import type { PoolsView, PoolView } from './types.ts';

export type Direction = 'up' | 'down' | 'even';

/** How one quantity differs between the first and the last pool. */
export interface Change {
  name: 'difficulty' | 'agreement' | 'ill-posed' | 'familiar' | 'alike' | 'label-right';
  first: number;
  last: number;
  /** Last minus first, with its 95 % interval. */
  difference: Estimate;
  direction: Direction;
}

export interface PoolsReading {
  first: number;
  last: number;
  /** `unknown`: too few questions, or nothing to measure difficulty by. */
  verdict: 'harder' | 'stranger' | 'both' | 'neither' | 'easier' | 'unknown';
  changes: Change[];
}

/** Fewer questions say nothing. */
const FEWEST = 20;

/** Compares the first and the last pool; null with fewer than two pools. */
export function readPoolsView({ pools }: Pick<PoolsView, 'pools'>): PoolsReading | null {
  const first = pools.at(0);
  const last = pools.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const changes = changesBetween(pools, first, last);
  const enough = first.valid >= FEWEST && last.valid >= FEWEST;
  const verdict = enough ? verdictOf(changes) : 'unknown';
  return { first: first.iteration, last: last.iteration, verdict, changes };
}

function changesBetween(pools: readonly PoolView[], first: PoolView, last: PoolView): Change[] {
  // The first pool has no earlier ones, so that familiarity is compared from the second one on.
  const second = pools.find(({ familiar }) => familiar !== null);
  return [
    change('difficulty', first.difficulty?.mean, last.difficulty?.mean),
    change('agreement', first.agreement.mean, last.agreement.mean),
    change('label-right', first.labelRight?.share, last.labelRight?.share),
    change('ill-posed', first.illPosed?.share, last.illPosed?.share),
    second === last ? null : change('familiar', second?.familiar?.mean, last.familiar?.mean),
    change('alike', first.alike.mean, last.alike.mean),
  ].filter((one) => one !== null);
}

function change(name: Change['name'], first: Estimate | undefined, last: Estimate | undefined): Change | null {
  if (first === undefined || last === undefined) return null;
  const value = last.value - first.value;
  const low = value - Math.hypot(last.value - last.low, first.high - first.value);
  const high = value + Math.hypot(last.high - last.value, first.value - first.low);
  const direction = low > 0 ? 'up' : high < 0 ? 'down' : 'even';
  return { name, first: first.value, last: last.value, difference: { value, low, high }, direction };
}

/**
 * Harder: the measured difficulty rises. Without such a measure: the agreement falls, while labels and form stay as good.
 * Stranger: more questions are ill-posed, or they are less like the earlier ones.
 */
function verdictOf(changes: readonly Change[]): PoolsReading['verdict'] {
  const directionOf = (name: Change['name']): Direction | null =>
    changes.find((one) => one.name === name)?.direction ?? null;
  const isStranger = directionOf('ill-posed') === 'up' || directionOf('familiar') === 'down';
  const difficulty = directionOf('difficulty');
  const agreement = directionOf('agreement');
  if (difficulty === null && agreement === 'down' && isStranger) return 'unknown';
  const harder = difficulty ?? (agreement === 'down' ? 'up' : agreement === 'up' ? 'down' : 'even');
  if (harder === 'up') return isStranger ? 'both' : 'harder';
  if (isStranger) return 'stranger';
  return harder === 'down' ? 'easier' : 'neither';
}
