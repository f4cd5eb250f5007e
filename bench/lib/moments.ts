/**
 * Random moments of a run, relative to its own events, so that runs on slower machines are killed at the same
 * points. Pure; used by `kill.ts`.
 */

import type { Random } from '../../src/random.ts';

export interface Moment {
  /** Number of the preceding event, from 0. */
  event: number;
  /** Milliseconds after that event. */
  delay: number;
}

/**
 * Draws a moment uniformly between a run's first and last event. `times` are the times of its events in ms,
 * ascending.
 */
export function drawMoment(random: Random, times: readonly number[]): Moment {
  const first = times[0];
  const at = first + random.next() * (times[times.length - 1] - first);
  const event = times.findLastIndex((time) => time <= at);
  return { event, delay: at - times[event] };
}
