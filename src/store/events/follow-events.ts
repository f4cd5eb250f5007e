/** Follows the event log of a run, even while another process writes it. */

import { resolve } from 'node:path';
import type { StampedEvent } from '../../events.ts';
import { BEGINNING, readEventLine } from './event-line.ts';
import { LogTail } from './log-tail.ts';
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
