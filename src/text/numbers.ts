/**
 * Formats numbers for terminal and HTML output. Shares are 0..1; a value that is not finite becomes a dash.
 * No colours or layout here.
 */

import type { Estimate } from '../types.ts';

const DASH = '—';

/**
 * Rounds a share to the shown digits of its percentage, away from zero at the middle. Values that are equal except for
 * the last bits of their sums round alike: 0.0875 is 8.8 %, however it was added up.
 */
function inPercent(share: number, digits: number): number {
  const scale = 10 ** digits;
  return (Math.sign(share) * Math.floor(Math.abs(share) * 100 * scale + 0.5 + 1e-7)) / scale;
}

/** Formats a share as a percentage without its sign: `61.2`. */
export function percentage(share: number, digits = 1): string {
  return Number.isFinite(share) ? inPercent(share, digits).toFixed(digits) : DASH;
}

/** Formats a share as percent: `61.2 %`. */
export function percent(share: number | null, digits = 1): string {
  return share === null || !Number.isFinite(share) ? DASH : `${percentage(share, digits)} %`;
}

/** Formats an interval of shares: `58.9–63.4 %`. */
export function range({ low, high }: Estimate): string {
  return Number.isFinite(low + high) ? `${percentage(low)}–${percentage(high)} %` : DASH;
}

/** Formats a difference of shares in percentage points, always signed: `+21.4`, `−3.0`, `±0.0`. */
export function points(difference: number, digits = 1): string {
  return Number.isFinite(difference) ? signed(inPercent(difference, digits), digits) : infinite(difference);
}

function signed(difference: number, digits: number): string {
  const size = Math.abs(difference).toFixed(digits);
  return `${Number(size) === 0 ? '±' : difference < 0 ? '−' : '+'}${size}`;
}

function infinite(difference: number): string {
  return Number.isNaN(difference) ? DASH : difference < 0 ? '−∞' : '+∞';
}

/** A difference between two shown scores. */
export interface ShownGain {
  before: number;
  after: number;
  difference: Estimate;
}

/**
 * Formats the gain from one score to another in points: the difference of the two scores as `percent` shows them, so
 * that what is shown adds up.
 */
export function gainPoints({ before, after }: Pick<ShownGain, 'before' | 'after'>): string {
  return signed(shownGain(before, after), 1);
}

function shownGain(before: number, after: number): number {
  return inPercent(inPercent(after, 1) / 100 - inPercent(before, 1) / 100, 1);
}

/**
 * Formats the two bounds of a gain's interval: `+1.2`, `+4.5`. They include the difference that `gainPoints` shows. A
 * bound that would round to zero gets more digits, so that it shows whether the interval excludes zero.
 */
export function gainBounds({ before, after, difference: { low, high } }: ShownGain): [low: string, high: string] {
  const shown = shownGain(before, after) / 100;
  // A difference that is shown as zero says nothing about the bounds.
  const bounds = shown === 0 ? [low, high] : [Math.min(low, shown), Math.max(high, shown)];
  return [boundPoints(bounds[0]), boundPoints(bounds[1])];
}

function boundPoints(bound: number): string {
  const digits = [1, 2].find((some) => bound === 0 || inPercent(bound, some) !== 0) ?? 4;
  return points(bound, digits);
}

/** Formats a gain with its interval: `+8.7 [+1.2, +16.1]`. */
export function gainText(gain: ShownGain): string {
  return `${gainPoints(gain)} [${gainBounds(gain).join(', ')}]`;
}

/**
 * Formats a p-value: `< 0.001`, `0.042`. A value just below 0.05 keeps the digits that show it.
 */
export function chance(p: number): string {
  if (!Number.isFinite(p)) return DASH;
  if (p < 0.001) return '< 0.001';
  const short = p.toFixed(3);
  return p < 0.05 && Number(short) >= 0.05 ? `${Math.floor(p * 1e5) / 1e5}` : short;
}

/** Formats a named p-value: `p < 0.001`, `p = 0.042`. */
export function pValue(p: number): string {
  const text = chance(p);
  return text.startsWith('<') ? `p ${text}` : text === DASH ? `p ${DASH}` : `p = ${text}`;
}

/** Formats a whole number with thousands separators: `12,345`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

const MAGNITUDES: readonly (readonly [size: number, letter: string])[] = [
  [1e15, 'P'],
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** Formats three significant digits with a unit prefix: `950`, `12.3 k`, `4.5 M`. */
export function compact(value: number): string {
  for (const [size, letter] of MAGNITUDES) {
    if (Math.abs(value) >= size * 0.9995) return `${significant(value / size)} ${letter}`;
  }
  return significant(value);
}

/** Formats three significant digits; with an exponent only below 0.001: `0.412`, `3.14`, `250`. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 99.95) return count(value);
  if (size < 0.001) return value.toExponential(1);
  const text = value.toFixed(size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Formats a count with its noun: `1 question`, `2 questions`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Formats a time span: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Formats a time of ISO 8601 to the minute, in UTC: `2026-11-23 10:20 UTC`. A text that is no time stays as it is. */
export function utcMinute(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}
