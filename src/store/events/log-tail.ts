/** Reads the lines that were added to an event log since the last look. */

import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, StoreError } from '../../errors.ts';
import { EVENTS_FILE } from './event-log.ts';

const CHUNK_BYTES = 65_536;

/** Reads the log of a run from the position where the last read ended. */
export class LogTail {
  private readonly path: string;
  private readonly dir: string;
  private readonly tailBytes: number;
  /** Null before the first look. */
  private position: number | null = null;
  /** The last line, if its end has not been written yet. */
  private rest = Buffer.alloc(0);
  /** Whether the reading began inside a line, whose end is still to come. */
  private isInside = false;

  /** `tailBytes`: begins at most so many bytes before the end that the log has at the first look. */
  constructor(dir: string, tailBytes = Infinity) {
    this.dir = dir;
    this.tailBytes = tailBytes;
    this.path = join(dir, EVENTS_FILE);
  }

  /**
   * Returns the lines completed since the last call, without blank ones. Throws StoreError if the log cannot be read, or
   * is shorter than before.
   */
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
