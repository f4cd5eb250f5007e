/** Estimates the remaining time of a stage from its events. Pure: the caller passes the time. */

import type { RunEvent } from '../../events.ts';

/** Progress of the running stage. */
export interface StageClock {
  /** Start of the stage in seconds of the caller's clock. */
  startedAt: number;
  /** Steps that were already done at the start (in a resumed run). */
  firstStep: number;
  steps: number;
  /** Fraction of the stage that is done, 0..1. */
  share: number;
  /** Forecast of the last committed step, and its time. */
  forecast: { seconds: number; at: number } | null;
}

/** The clock after an event; null while no stage runs. */
export function tick(clock: StageClock | null, event: RunEvent, now: number): StageClock | null {
  switch (event.type) {
    case 'stage-start':
      return {
        startedAt: now,
        firstStep: event.done,
        steps: event.steps,
        share: ratio(event.done, event.steps),
        forecast: null,
      };
    case 'progress':
      // A step has several passes (sample, vote, train) of unknown cost, and each counts from 0: the largest fraction counts.
      return (
        clock && {
          ...clock,
          share: Math.max(clock.share, ratio(event.step + 0.9 * ratio(event.done, event.total), event.steps)),
        }
      );
    case 'step':
      return (
        clock && {
          ...clock,
          share: ratio(event.step + 1, event.steps),
          forecast: event.remainingSeconds === null ? null : { seconds: event.remainingSeconds, at: now },
        }
      );
    case 'stage-end':
    case 'run-end':
      return null;
    default:
      return clock;
  }
}

/** Remaining seconds of the stage; null while too little is known. */
export function remaining(clock: StageClock, now: number): number | null {
  if (clock.forecast !== null) return Math.max(0, clock.forecast.seconds - (now - clock.forecast.at));
  const first = ratio(clock.firstStep, clock.steps);
  const done = clock.share - first;
  const elapsed = now - clock.startedAt;
  if (done < 0.02 || elapsed < 1) return null;
  return (elapsed * (1 - clock.share)) / done;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
