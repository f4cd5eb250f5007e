/**
 * Buffers the events of one session for any number of readers. Each reader starts at the first event and reads at its
 * own pace; the run never waits for a reader. Memory is bounded: only the newest events are kept. A slow reader may
 * miss old events, which shows as a gap in `seq`. The run's log contains all events.
 */

import { isPassing, type StampedEvent } from '../../events.ts';

/** Number of logged events that are kept: more than a run of a thousand steps emits. */
export const KEPT_EVENTS = 10_000;
/** Number of passing events that are kept. */
export const KEPT_PASSING = 100;

interface Entry {
  /** Position among all events of the session, from 1. */
  order: number;
  event: StampedEvent;
}

export class EventHistory {
  private order = 0;
  private readonly logged: Entry[] = [];
  private readonly passing: Entry[] = [];
  private ended: { error?: unknown } | null = null;
  /** Resolves at the next change; shared by all waiting readers. */
  private change = newSignal();

  push(event: StampedEvent): void {
    const [list, limit] = isPassing(event) ? [this.passing, KEPT_PASSING] : [this.logged, KEPT_EVENTS];
    list.push({ order: ++this.order, event });
    if (list.length > limit) list.shift();
    this.ring();
  }

  /** Ends every reader after the last event. */
  end(): void {
    this.ended = {};
    this.ring();
  }

  /** Makes every reader throw `error` after the last event. */
  fail(error: unknown): void {
    this.ended = { error };
    this.ring();
  }

  /** Creates an independent reader. */
  async *read(): AsyncGenerator<StampedEvent, void, undefined> {
    for (let last = 0; ;) {
      const entry = this.after(last);
      if (entry !== null) {
        last = entry.order;
        yield entry.event;
      } else if (this.ended === null) {
        await this.change.promise;
      } else {
        if ('error' in this.ended) throw this.ended.error;
        return;
      }
    }
  }

  /** Returns the first kept event after the position `order`. */
  private after(order: number): Entry | null {
    const [logged, passing] = [firstAfter(this.logged, order), firstAfter(this.passing, order)];
    if (logged === null || passing === null) return logged ?? passing;
    return logged.order < passing.order ? logged : passing;
  }

  private ring(): void {
    const { wake } = this.change;
    this.change = newSignal();
    wake();
  }
}

/** Finds the first entry after `order` by binary search. */
function firstAfter(entries: readonly Entry[], order: number): Entry | null {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].order > order) high = middle;
    else low = middle + 1;
  }
  return entries[low] ?? null;
}

function newSignal(): { promise: Promise<void>; wake: () => void } {
  let wake = (): void => {};
  const promise = new Promise<void>((resolve) => (wake = resolve));
  return { promise, wake };
}
