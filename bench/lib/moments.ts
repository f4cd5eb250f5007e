/** Random moments of a run, told by its own events, so that a slower machine is killed at the same places. Pure. */

import type { Random } from '../../src/random.ts';

export interface Moment {
  /** Number of the event that comes before, from 0. */
  event: number;
  /** Milliseconds after it. */
  delay: number;
}

/** A moment drawn evenly from the time between a run's first event and its last; `times` are its events' in ms, ascending. */
export function drawMoment(random: Random, times: readonly number[]): Moment {
  const first = times[0];
  const at = first + random.next() * (times[times.length - 1] - first);
  const event = times.findLastIndex((time) => time <= at);
  return { event, delay: at - times[event] };
}
