/** Stamps a run's events, appends them to its log, and passes them to the readers. */

import { type Emit, EVENT_FORMAT, isPassing, type RunEvent, type StampedEvent } from '../../events.ts';
import { appendEvent, readEvents } from '../../store/events/event-log.ts';

/** Passes stamped events to the readers. */
export type Publish = (event: StampedEvent) => void;

/**
 * Creates the `emit` function of a run.
 * @param about.run the run's id
 * @param about.log folder of the event log to continue; null = no log, and sequence numbers start at 1
 * @throws StoreError if the log cannot be read or written; readers get the event nevertheless
 */
export function stampEvents({ run, log }: { run: string; log: string | null }, publish: Publish): Emit {
  let seq = log === null ? 0 : readEvents(log).last;
  return (event) => {
    const passing = isPassing(event);
    if (!passing) seq++;
    const stamped = stamp(event, run, seq);
    try {
      if (log !== null && !passing) appendEvent(log, stamped);
    } finally {
      publish(stamped);
    }
  };
}

/** Stamps an event that comes before the run has an id. */
export function stampEarly(event: RunEvent): StampedEvent {
  return stamp(event, null, 0);
}

function stamp(event: RunEvent, run: string | null, seq: number): StampedEvent {
  return { v: EVENT_FORMAT, run, seq, at: new Date().toISOString(), ...event };
}
