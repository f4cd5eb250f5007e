/** Plays the run of a folder to its end; calling it again continues an interrupted run and repeats no finished one. */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import type { RunSummary, StampedEvent } from '../../events.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume } from '../evolve.ts';

export interface PlayOptions {
  /** Called with each of the run's events. */
  onEvent?: (event: StampedEvent) => void;
  /** Called before the first event with how the run begins. */
  onBegin?: (origin: RunOrigin) => void;
  /** Aborted: the run ends as `stopped` after the step at hand. */
  stop?: AbortSignal;
}

/** `kept`: the run had ended before, and nothing is done. */
export type RunOrigin = 'new' | 'resumed' | 'kept';

/** The run in `dir`, to its end: an ended one as it is, an interrupted one from where it stood, else a new one of `config`. */
export async function playOnce(dir: string, config: RunConfig, options: PlayOptions = {}): Promise<RunSummary> {
  const begun = existsSync(join(dir, 'run.db'));
  const ended = begun ? endOf(dir) : null;
  options.onBegin?.(ended !== null ? 'kept' : begun ? 'resumed' : 'new');
  if (ended !== null) return ended;
  // A kill while the folder was being made leaves one without a database.
  if (!begun) rmSync(dir, { recursive: true, force: true });
  const evolution = begun ? resume(dir) : evolve({ config, runDir: dir });
  const stop = (): void => evolution.stop();
  options.stop?.addEventListener('abort', stop);
  try {
    if (options.stop?.aborted === true) stop();
    for await (const event of evolution) options.onEvent?.(event);
    return await evolution.result;
  } finally {
    options.stop?.removeEventListener('abort', stop);
  }
}

function endOf(dir: string): RunSummary | null {
  const store = openRun(dir, { readOnly: true });
  try {
    return store.summary();
  } finally {
    store.close();
  }
}
