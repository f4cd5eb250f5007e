/**
 * Formats numbers for terminal and HTML output. Shares are 0..1; a value that is not finite becomes a dash.
 * No colours or layout here.
 */

import type { Estimate } from '../types.ts';

const DASH = '—';

/** Formats a share as percent: `61.2 %`. */
export function percent(share: number | null, digits = 1): string {
  return share === null || !Number.isFinite(share) ? DASH : `${(share * 100).toFixed(digits)} %`;
}

/** Formats an interval of shares: `58.9–63.4 %`. */
export function range({ low, high }: Estimate): string {
  return Number.isFinite(low + high) ? `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %` : DASH;
}

/** Formats a difference of shares in percentage points, always signed: `+21.4`, `−3.0`, `±0.0`. */
export function points(difference: number, digits = 1): string {
  if (Number.isNaN(difference)) return DASH;
  const size = Math.abs(difference * 100).toFixed(digits);
  return `${Number(size) === 0 ? '±' : difference < 0 ? '−' : '+'}${size}`;
}

/** Formats a p-value: `p < 0.001`, `p = 0.042`. */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return `p ${DASH}`;
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** Formats a whole number with thousands separators: `12,345`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
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
