/** How numbers read on the page. Shares are 0..1; what is no number is a dash. */

import type { Estimate } from '../../types.ts';

const DASH = '–';

/** `61.2 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : DASH;
}

/** `58.9–63.4 %`. */
export function range({ low, high }: Estimate): string {
  return Number.isFinite(low + high) ? `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %` : DASH;
}

/** Percentage points with their sign: `+2.4`, `−0.3`, `±0.0`. */
export function points(difference: number): string {
  if (!Number.isFinite(difference)) return DASH;
  const size = Math.abs(difference * 100).toFixed(1);
  return `${Number(size) === 0 ? '±' : difference < 0 ? '−' : '+'}${size}`;
}

/** `p < 0.001`, `p = 0.042`. */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return `p ${DASH}`;
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`;
}

/** `12,032`. */
export function count(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : DASH;
}

/** `3 replies`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `41 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return DASH;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}
