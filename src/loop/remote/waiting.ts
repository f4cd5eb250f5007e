/** Reports that a service keeps the run waiting, without a flood of events. */

import type { Waiting } from '../../engine/engine.ts';
import type { RunEvent } from '../../events.ts';

/** Waits shorter than this are not reported, in seconds. */
const SHORTEST = 2;
/** An event follows when the wait has grown by this factor: about 80 events in an hour. */
const GROWTH = 1.1;

/**
 * Returns a function that passes waits on as events. Many calls wait for one service at the same time, so only the
 * longest wait of each service counts.
 */
export function reportingWaits(emit: (event: RunEvent) => void): (waiting: Waiting) => void {
  const reported = new Map<string, { seconds: number; at: number }>();
  return ({ service, reason, seconds }) => {
    const last = reported.get(service);
    // A wait that began after the reported one is another one; the reported one may still go on in other calls.
    const isNew = last === undefined || performance.now() / 1000 - last.at > Math.max(SHORTEST, seconds);
    if (seconds < SHORTEST || (!isNew && seconds < last.seconds * GROWTH)) return;
    reported.set(service, { seconds, at: performance.now() / 1000 });
    emit({ type: 'waiting', service, reason, seconds });
  };
}
