/** Gives a run's events their stamps, keeps them in its log, and hands them to the readers. */

import { type Emit, EVENT_FORMAT, isPassing, type RunEvent, type StampedEvent } from '../../events.ts';
import { appendEvent, readEvents } from '../../store/events/event-log.ts';

/** Takes stamped events to the readers. */
export type Publish = (event: StampedEvent) => void;

/**
 * The `emit` of the run `run`. `log` is the folder whose event log is continued; with null, for a run that keeps no
 * folder, nothing is logged and numbers begin at 1. Throws StoreError where the log cannot be read or written.
 */
export function stampEvents({ run, log }: { run: string; log: string | null }, publish: Publish): Emit {
  let seq = log === null ? 0 : readEvents(log).last;
  return (event) => {
    const passing = isPassing(event);
    if (!passing) seq++;
    const stamped = stamp(event, run, seq);
    if (log !== null && !passing) appendEvent(log, stamped);
    publish(stamped);
  };
}

/** An event from before the run has an id. */
export function stampEarly(event: RunEvent): StampedEvent {
  return stamp(event, null, 0);
}

function stamp(event: RunEvent, run: string | null, seq: number): StampedEvent {
  return { v: EVENT_FORMAT, run, seq, at: new Date().toISOString(), ...event };
}
