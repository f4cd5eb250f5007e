/** How scores are written. In JSON, a number that is not finite is null, which is written as a dash. */

import { gainBounds, percent, range } from '../../../../src/text/numbers.ts';
import type { Gain } from '../../../../src/eval/paired.ts';
import type { Estimate } from '../../../../src/types.ts';

const DASH = '—';

/** Writes the bounds of an interval. */
export function rangeOf({ low, high }: Estimate): string {
  return isNumber(low) && isNumber(high) ? range({ value: 0, low, high }) : DASH;
}

/** Writes a score. */
export function scoreOf({ value }: Estimate): string {
  return isNumber(value) ? percent(value) : DASH;
}

/** Writes the bounds of a gain in points. */
export function gainRange({ before, after, difference }: Pick<Gain, 'before' | 'after' | 'difference'>): string {
  const [low, high] = gainBounds({ before, after, difference });
  return `${low} to ${high}`;
}

/** Returns the place of a share on an axis from 0 to 1. */
export function placeOf(share: number): number {
  return isNumber(share) ? Math.min(1, Math.max(0, share)) : 0;
}

function isNumber(value: number | null): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
