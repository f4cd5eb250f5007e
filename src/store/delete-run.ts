import { rmSync } from 'node:fs';
import { messageOf, StoreError } from '../errors.ts';
import { requireRun } from './database.ts';
import { acquireLock } from './lock.ts';

/**
 * Deletes the folder of a run with everything in it. Throws StoreError if it is no run, if a process uses it, or if it
 * cannot be deleted.
 */
export function deleteRun(dir: string): void {
  requireRun(dir);
  let release: (() => void) | null = null;
  try {
    release = acquireLock(dir);
    rmSync(dir, { recursive: true });
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(
      `Could not delete the run in ${dir}: ${messageOf(cause)}.`,
      `Give this user the right to write in ${dir} and its parent, then delete the folder yourself.`,
      { cause },
    );
  } finally {
    release?.();
  }
}
