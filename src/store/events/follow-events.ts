/** Follows the event log of a run, even while another process writes it. */

import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, StoreError } from '../../errors.ts';
import type { StampedEvent } from '../../events.ts';
import { BEGINNING, readEventLine } from './event-line.ts';
import { EVENTS_FILE } from './event-log.ts';
import { watchFolder } from './watch-folder.ts';

export interface FollowOptions {
  /** Number of the first event; default 1, which yields the whole log and then new events. */
  from?: number;
  /** Aborting it ends the iteration without an error. */
  signal?: AbortSignal;
  /** Goes on after the end of the run, because a run can be resumed. Only `signal` ends the iteration then. */
  endless?: boolean;
  /** Begins at most so many bytes before the end of the log, at the start of a line. Default: at its beginning. */
  tailBytes?: number;
}

/**
 * Yields the events of the run in `dir` in order, each once, as they are logged. Waits for a log that does not exist
 * yet. Ends after a `run-end` or `run-failed` event that is the last one. A killed run writes neither, so pass a
 * `signal`.
 * Truncated and unknown lines are skipped. Throws StoreError if a newer version wrote the log, or if it cannot be read.
 */
export async function* followEvents(
  dir: string,
  { from = 1, signal, endless = false, tailBytes = Infinity }: FollowOptions = {},
): AsyncGenerator<StampedEvent, void, undefined> {
  const folder = resolve(dir);
  const tail = new LogTail(folder, tailBytes);
  const changes = watchFolder(folder, signal);
  let at = BEGINNING;
  let ended = false;
  const isAborted = (): boolean => signal?.aborted === true;
  try {
    while (!isAborted()) {
      for (const line of tail.newLines()) {
        const read = readEventLine(line, at, folder);
        ({ at } = read);
        if (read.event === null) continue;
        ended = read.event.type === 'run-end' || read.event.type === 'run-failed';
        if (read.event.seq >= from) yield read.event;
        if (isAborted()) return;
      }
      if (ended && !endless) return;
      await changes.next();
    }
  } finally {
    changes.close();
  }
}

const CHUNK_BYTES = 65_536;

/** Reads a file from the position where the last read ended. */
class LogTail {
  private readonly path: string;
  private readonly dir: string;
  private readonly tailBytes: number;
  /** Null before the first read. */
  private position: number | null = null;
  /** The last line, if its end has not been written yet. */
  private rest = Buffer.alloc(0);
  /** Whether the reading began inside a line, whose end is still to come. */
  private isInside = false;

  constructor(dir: string, tailBytes: number) {
    this.dir = dir;
    this.tailBytes = tailBytes;
    this.path = join(dir, EVENTS_FILE);
  }

  /** Returns the lines completed since the last call, without blank ones. */
  *newLines(): Generator<string, void, undefined> {
    if (!existsSync(this.path)) {
      // What is written from now on is new: no part of it is skipped.
      this.position ??= 0;
      return;
    }
    const file = this.guarded(() => openSync(this.path, 'r'));
    try {
      const length = this.guarded(() => fstatSync(file).size);
      let position = this.position ?? this.begin(length);
      if (length < position) throw shortened(this.dir);
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const size = this.guarded(() => readSync(file, chunk, 0, chunk.length, position));
        if (size === 0) return;
        position += size;
        this.position = position;
        yield* this.linesWith(chunk.subarray(0, size));
      }
    } finally {
      closeSync(file);
    }
  }

  /** One byte more than the tail, so that a tail that begins with a line keeps that line. */
  private begin(length: number): number {
    const position = Math.max(0, length - this.tailBytes - 1);
    this.isInside = position > 0;
    return position;
  }

  private linesWith(bytes: Buffer): string[] {
    let text = Buffer.concat([this.rest, bytes]);
    if (this.isInside) {
      const end = text.indexOf('\n') + 1;
      if (end === 0) return [];
      text = text.subarray(end);
      this.isInside = false;
    }
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.subarray(end);
    return text
      .toString('utf8', 0, end)
      .split('\n')
      .filter((line) => line !== '');
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw unreadable(this.dir, cause);
    }
  }
}

function unreadable(dir: string, cause: unknown): StoreError {
  return new StoreError(
    `The event log of the run in ${dir} cannot be read: ${messageOf(cause)}.`,
    'Check that the folder exists and that you may read it, then follow the log again.',
    { cause },
  );
}

function shortened(dir: string): StoreError {
  return new StoreError(
    `The event log of the run in ${dir} was replaced while it was followed.`,
    'Follow the log again from the beginning.',
  );
}
