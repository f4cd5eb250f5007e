/** Computes the wait before a retry: the server's request, otherwise exponential backoff with derived jitter. */

import { Random } from '../../random.ts';

const LONGEST_BACKOFF_MS = 30_000;

/**
 * Returns the milliseconds before attempt `failures` + 1: base · 2^(failures − 1), at most 30 s, times a factor in [½,
 * 1) that derives from `seed`, so that a repeated run waits the same times and parallel requests spread out.
 */
export function backoffMs(baseMs: number, failures: number, seed: number): number {
  const full = Math.min(LONGEST_BACKOFF_MS, baseMs * 2 ** (failures - 1));
  return full * (0.5 + 0.5 * new Random(seed).next());
}

/**
 * Returns the milliseconds that the server asks to wait, or null: `retry-after-ms`, `retry-after` (seconds or an HTTP
 * date), otherwise the reset of an exhausted rate limit (`x-ratelimit-remaining-…: 0`, `x-ratelimit-reset-…`). `now` is
 * in milliseconds since 1970, for dates.
 */
export function askedWaitMs(headers: Headers, now: number): number | null {
  return (
    milliseconds(headers.get('retry-after-ms')) ??
    retryAfter(headers.get('retry-after'), now) ??
    exhaustedLimitMs(headers, now)
  );
}

function milliseconds(value: string | null): number | null {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

function retryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  const seconds = milliseconds(value);
  if (seconds !== null) return seconds * 1000;
  // Date.parse accepts almost any text as a date.
  const date = /^\s*[a-z]{3,9},? /i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Returns the longest reset among exhausted rate limits, or null if none is exhausted. */
export function exhaustedLimitMs(headers: Headers, now: number): number | null {
  const waits: number[] = [];
  for (const suffix of ['-requests', '-tokens', '']) {
    if (headers.get(`x-ratelimit-remaining${suffix}`)?.trim() !== '0') continue;
    const wait = resetMs(headers.get(`x-ratelimit-reset${suffix}`), now);
    if (wait !== null) waits.push(wait);
  }
  return waits.length === 0 ? null : Math.max(...waits);
}

const UNITS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const SPAN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** Parses `1m30s`, `120ms`, a number of seconds, or a time since 1970 in seconds or milliseconds. */
function resetMs(value: string | null, now: number): number | null {
  const span = value?.trim() ?? '';
  if (span.length < 40 && SPAN.test(span)) {
    const parts = [...span.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
    return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS.get(unit) ?? 0), 0);
  }
  const number = milliseconds(span);
  if (number === null) return null;
  if (number > 1e12) return Math.max(0, number - now);
  return number > 1e9 ? Math.max(0, number * 1000 - now) : number * 1000;
}
