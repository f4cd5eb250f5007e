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
  private offset = 0;
  /** The last line, if its end has not been written yet. */
  private rest = Buffer.alloc(0);

  constructor(dir: string) {
    this.dir = dir;
    this.path = join(dir, EVENTS_FILE);
  }

  /**
   * Returns the lines completed since the last call, without blank ones. Throws StoreError if the log cannot be read, or
   * is shorter than before.
   */
  *newLines(): Generator<string, void, undefined> {
    if (!existsSync(this.path)) return;
    const file = this.guarded(() => openSync(this.path, 'r'));
    try {
      if (this.guarded(() => fstatSync(file).size) < this.offset) throw shortened(this.dir);
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (;;) {
        const size = this.guarded(() => readSync(file, chunk, 0, chunk.length, this.offset));
        if (size === 0) return;
        this.offset += size;
        yield* this.linesWith(chunk.subarray(0, size));
      }
    } finally {
      closeSync(file);
    }
  }

  private linesWith(bytes: Buffer): string[] {
    const text = Buffer.concat([this.rest, bytes]);
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
