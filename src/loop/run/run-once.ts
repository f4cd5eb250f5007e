/** Runs a folder's run to its end. Calling it again continues an interrupted run and does not repeat a finished one. */

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import type { RunSummary, StampedEvent } from '../../events.ts';
import { openRun } from '../../store/sqlite.ts';
import { evolve, resume } from '../evolve.ts';

export interface RunOnceOptions {
  /** Called with each of the run's events. */
  onEvent?: (event: StampedEvent) => void;
  /** Called before the first event. */
  onBegin?: (origin: RunOrigin) => void;
  /** When aborted, the run ends as `stopped` after its current step. */
  stop?: AbortSignal;
}

/** How a run began. `kept`: it had already ended, and nothing was done. */
export type RunOrigin = 'new' | 'resumed' | 'kept';

/** Returns the summary of the run in `dir`. Resumes an interrupted run; starts a new one with `config` if there is none. */
export async function runOnce(dir: string, config: RunConfig, options: RunOnceOptions = {}): Promise<RunSummary> {
  const begun = existsSync(join(dir, 'run.db'));
  const ended = begun ? endOf(dir) : null;
  options.onBegin?.(ended !== null ? 'kept' : begun ? 'resumed' : 'new');
  if (ended !== null) return ended;
  // A crash during creation leaves a folder without a database.
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
