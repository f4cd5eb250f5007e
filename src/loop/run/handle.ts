/** The handle of a running run: its events, its result, and a way to stop it. */

import type { RunSummary, StampedEvent } from '../../events.ts';
import { EventHistory } from './event-history.ts';
import type { Publish } from './stamp-events.ts';

/**
 * A run in progress. It can be iterated several times, also concurrently. Every iterator yields the session's events
 * from the first one, ends with the run, and throws the run's error. The run never waits for a reader. A reader that is
 * thousands of events behind misses the oldest ones (`event-history.ts`); `progress` events are dropped earlier.
 */
export interface Evolution extends AsyncIterable<StampedEvent> {
  /** Resolves with the summary when the run ends; rejects with the run's error. */
  readonly result: Promise<RunSummary>;
  /**
   * Aborts the current step and ends the run with outcome `stopped`; `resume` continues after the last committed step.
   * With an error, the run fails with this error instead.
   */
  stop(failure?: Error): void;
}

/** Starts `run` immediately. */
export function startEvolution(run: (publish: Publish, stop: AbortSignal) => Promise<RunSummary>): Evolution {
  const history = new EventHistory();
  const stopping = new AbortController();
  const result = Promise.resolve().then(() => run((event) => history.push(event), stopping.signal));
  result.then(
    () => history.end(),
    (error: unknown) => history.fail(error),
  );
  return {
    result,
    stop: (failure) => stopping.abort(failure),
    [Symbol.asyncIterator]: () => history.read(),
  };
}
