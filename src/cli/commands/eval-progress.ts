/** Progress of `rzero eval --tasks` on the error stream: replies so far, time left, repeated requests. */

import type { ModelRetry, TaskProgress } from '../../eval/harness.ts';
import type { Io } from '../io.ts';
import { clean, count, duration, plural } from '../render/format.ts';

const NOTE_SECONDS = 5;

/** The requests to one model that were sent again, for the output. */
export interface Repeated {
  model: string;
  requests: number;
  /** What the last one was repeated after. */
  last: string;
}

export interface ProgressNotes {
  onProgress(progress: TaskProgress): void;
  onRetry(retry: ModelRetry): void;
}

/**
 * Writes at most one line of each kind in five seconds; the first retry is always shown. Adds every retry to
 * `repeated`.
 */
export function progressNotes(io: Io, name: string, repeated: Repeated[]): ProgressNotes {
  let noted = io.now();
  let warned = -Infinity;
  return {
    onProgress({ task, mode, done, total, remainingSeconds }) {
      if (io.now() - noted < NOTE_SECONDS) return;
      noted = io.now();
      const left = remainingSeconds === null ? '' : `, ${duration(remainingSeconds)} left`;
      io.err(`${clean(name)} · ${task} · ${mode}: ${count(done)} of ${count(total)}${left}\n`);
    },
    onRetry({ model, reason, waitSeconds }) {
      const entry = entryOf(repeated, model);
      entry.requests++;
      entry.last = reason;
      if (io.now() - warned < NOTE_SECONDS) return;
      warned = io.now();
      const so = entry.requests === 1 ? '' : `; ${plural(entry.requests, 'request')} repeated so far`;
      io.err(`! ${clean(model)}: ${clean(reason)}; asking again in ${duration(waitSeconds)}${so}\n`);
    },
  };
}

function entryOf(repeated: Repeated[], model: string): Repeated {
  const known = repeated.find((one) => one.model === model);
  if (known !== undefined) return known;
  const entry = { model, requests: 0, last: '' };
  repeated.push(entry);
  return entry;
}

/** Returns one line for each model whose requests were repeated. */
export function repeatedLines(repeated: readonly Repeated[]): string[] {
  return repeated.map(
    ({ model, requests, last }) =>
      `! ${clean(model)}: ${plural(requests, 'request')} had to be repeated, last after ${clean(last)}`,
  );
}
