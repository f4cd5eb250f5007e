/** The handle on a run in progress: its events, its result, and a way to stop it. */

import type { RunSummary, StampedEvent } from '../../events.ts';
import { EventHistory } from './event-history.ts';
import type { Publish } from './stamp-events.ts';

/**
 * A run in progress. It can be iterated several times, also at once: every iterator gives the session's events from its
 * beginning, ends with the run, and throws what the run threw. The run waits for no reader. One that falls thousands of
 * events behind misses the oldest (`event-history.ts`); mere progress is dropped sooner.
 */
export interface Evolution extends AsyncIterable<StampedEvent> {
  readonly result: Promise<RunSummary>;
  /** Finishes the current step, commits it, and ends the run with outcome `stopped`; `resume` continues it. */
  stop(): void;
}

/** Starts `run` at once. */
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
    stop: () => stopping.abort(),
    [Symbol.asyncIterator]: () => history.read(),
  };
}
