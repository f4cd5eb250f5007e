/**
 * Follows the event log of one run for all of its readers. It keeps the newest events, for readers who come later or
 * come back, and goes on after the end of the run, because a run can be resumed.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isPassing, type StampedEvent } from '../../../events.ts';
import { DATABASE_FILE } from '../../../store/database.ts';
import { followEvents } from '../../../store/events/follow-events.ts';
import { isLocked } from '../../../store/lock.ts';
import type { StreamLimits } from './limits.ts';
import { eventMessage, messageText } from './message.ts';

/** Gets the messages of a feed. */
export interface FeedReader {
  send(text: string): void;
  /** Called once if the feed has ended. */
  end(): void;
}

interface Place {
  /** Number of the next event; 0 if any is welcome. */
  next: number;
}

/** Milliseconds until a log that could not be followed is tried again. */
const RETRY_MS = 1000;

export class RunFeed {
  readonly #dir: string;
  readonly #limits: StreamLimits;
  readonly #stop = new AbortController();
  readonly #readers = new Map<FeedReader, Place>();
  readonly #kept: { seq: number; text: string }[] = [];
  #keptBytes = 0;
  #passing: string | null = null;
  #isRunning: boolean;

  constructor(dir: string, limits: StreamLimits) {
    this.#dir = dir;
    this.#limits = limits;
    this.#isRunning = isLocked(dir);
    void this.#follow();
    void this.#watchState();
  }

  /** Number of readers. */
  get size(): number {
    return this.#readers.size;
  }

  /** Whether it ends, because the run was deleted or it has no reader. */
  get isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Sends the kept events from number `from` on, then everything new. */
  add(reader: FeedReader, from: number): void {
    const place: Place = { next: from };
    this.#readers.set(reader, place);
    reader.send(messageText('state', { running: this.#isRunning }));
    for (const { seq, text } of this.#kept) advance(reader, place, seq, text);
    if (this.#passing !== null) reader.send(this.#passing);
  }

  remove(reader: FeedReader): void {
    this.#readers.delete(reader);
  }

  /** Passes on an event that is not logged. */
  pass(event: StampedEvent): void {
    this.#passing = eventMessage(event, true);
    this.#sendAll(this.#passing);
  }

  close(): void {
    this.#stop.abort();
    for (const reader of this.#readers.keys()) reader.end();
    this.#readers.clear();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { keptBytes: tailBytes } = this.#limits;
    while (!signal.aborted) {
      try {
        for await (const event of followEvents(this.#dir, { signal, endless: true, tailBytes })) this.#take(event);
      } catch {
        // The log was replaced, or cannot be read now: the readers load the run again, which says why.
        this.#forget();
        await pause(RETRY_MS, null, { signal }).catch(() => undefined);
      }
    }
  }

  #take(event: StampedEvent): void {
    if (isPassing(event)) return;
    const text = eventMessage(event, false);
    this.#kept.push({ seq: event.seq, text });
    this.#keptBytes += text.length;
    while (this.#keptBytes > this.#limits.keptBytes && this.#kept.length > 1) {
      this.#keptBytes -= this.#kept.shift()?.text.length ?? 0;
    }
    this.#passing = null;
    for (const [reader, place] of this.#readers) advance(reader, place, event.seq, text);
  }

  #forget(): void {
    this.#kept.length = 0;
    this.#keptBytes = 0;
    for (const place of this.#readers.values()) place.next = 0;
    this.#sendAll(messageText('reset', {}));
  }

  /** A killed run writes no event, so that only its lock shows it. */
  async #watchState(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(this.#limits.stateMs, null, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      if (!existsSync(join(this.#dir, DATABASE_FILE))) {
        this.#sendAll(messageText('gone', {}));
        this.close();
        return;
      }
      const isRunning = isLocked(this.#dir);
      if (isRunning === this.#isRunning) continue;
      this.#isRunning = isRunning;
      this.#passing = null;
      this.#sendAll(messageText('state', { running: isRunning }));
    }
  }

  #sendAll(text: string): void {
    for (const reader of this.#readers.keys()) reader.send(text);
  }
}

/** Sends an event that the reader does not have yet, after a note if it missed others. */
function advance(reader: FeedReader, place: Place, seq: number, text: string): void {
  if (seq < place.next) return;
  if (place.next > 0 && seq > place.next) reader.send(messageText('reset', {}));
  place.next = seq + 1;
  reader.send(text);
}
