/** The handle on a run in progress: its events as an async iterator, its result, and a way to stop it. */

import type { Emit, RunEvent, RunSummary } from '../../events.ts';

/**
 * Events in order, for one reader; the run goes on whether they are read or not. The iterator ends with
 * the run and throws what the run threw.
 */
export interface Evolution extends AsyncIterable<RunEvent> {
  readonly result: Promise<RunSummary>;
  /** Finishes the step at hand, commits it, and ends the run with outcome `stopped`; `resume` goes on. */
  stop(): void;
}

/** Unread events from which on mere progress is no longer kept. */
const MANY_UNREAD = 1000;

/** Starts `run` at once. */
export function startEvolution(run: (emit: Emit, stop: AbortSignal) => Promise<RunSummary>): Evolution {
  const queue = createQueue<RunEvent>();
  const stopping = new AbortController();
  const emit: Emit = (event) => {
    const mere = event.type === 'progress' || event.type === 'download';
    if (!mere || queue.unread() < MANY_UNREAD) queue.push(event);
  };
  const result = Promise.resolve().then(() => run(emit, stopping.signal));
  result.then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
  return {
    result,
    stop: () => stopping.abort(),
    [Symbol.asyncIterator]: () => ({ next: () => queue.next() }),
  };
}

interface Queue<T> {
  push(item: T): void;
  end(): void;
  fail(error: unknown): void;
  next(): Promise<IteratorResult<T>>;
  unread(): number;
}

function createQueue<T>(): Queue<T> {
  let items: T[] = [];
  let read = 0;
  let ended: { error?: unknown } | null = null;
  let wake = (): void => {};
  return {
    push(item) {
      items.push(item);
      wake();
    },
    end() {
      ended = {};
      wake();
    },
    fail(error) {
      ended = { error };
      wake();
    },
    unread: () => items.length - read,
    async next() {
      while (read === items.length && ended === null) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (read < items.length) {
        const value = items[read++];
        if (read === items.length) {
          items = [];
          read = 0;
        }
        return { done: false, value };
      }
      if (ended !== null && 'error' in ended) throw ended.error;
      return { done: true, value: undefined };
    },
  };
}
