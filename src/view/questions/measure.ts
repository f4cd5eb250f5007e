/** Distributions of measured quantities. Pure. */

import { meanAndError, wilson } from '../../eval/statistics.ts';
import type { Share, Spread } from './types.ts';

const Z95 = 1.959963984540054;

/** Counts values in bins, with their mean. `edges`: bounds of the bins; the last one belongs to the last bin. */
export function spreadOf(values: readonly number[], edges: readonly number[]): Spread {
  const bins = edges.slice(1).map(() => 0);
  for (const value of values) bins[binOf(value, edges)]++;
  if (values.length === 0) return { n: 0, mean: { value: 0, low: 0, high: 0 }, bins };
  const { average: value, error } = meanAndError(values);
  return { n: values.length, mean: { value, low: value - Z95 * error, high: value + Z95 * error }, bins };
}

function binOf(value: number, edges: readonly number[]): number {
  const above = edges.findIndex((edge, at) => at > 0 && value < edge);
  return above < 0 ? edges.length - 2 : above - 1;
}

/** Returns a share with its interval; null of nothing. */
export function shareOf(part: number, whole: number): Share {
  return whole === 0 ? null : { of: whole, share: wilson(part, whole) };
}

/** Returns the bounds of `bins` equal bins from 0 to 1. */
export function unitEdges(bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, at) => at / bins);
}

/** Returns the bounds of at most `bins` bins that contain whole numbers up to `most`, each as wide as a round number. */
export function wholeEdges(most: number, bins: number, start = 0): number[] {
  const width = roundUp(Math.max(1, (most + 1 - start) / bins));
  const count = Math.max(1, Math.ceil((most + 1 - start) / width));
  return Array.from({ length: count + 1 }, (_, at) => start + at * width);
}

function roundUp(width: number): number {
  const scale = 10 ** Math.floor(Math.log10(width));
  const step = [1, 2, 5, 10].find((some) => some * scale >= width - 1e-9) ?? 10;
  return Math.max(1, step * scale);
}

/** Returns at most `count` members, evenly spread. */
export function evenly<T>(members: readonly T[], count: number): T[] {
  if (members.length <= count) return [...members];
  return Array.from({ length: count }, (_, at) => members[Math.floor((at * members.length) / count)]);
}
