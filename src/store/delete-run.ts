import { rmSync } from 'node:fs';
import { storeError } from './failures.ts';
import { requireRun } from './database.ts';
import { acquireLock } from './lock.ts';

/**
 * Deletes the folder of a run with everything in it. Throws StoreError if it is no run, if a process uses it, or if it
 * cannot be deleted.
 */
export function deleteRun(dir: string): void {
  requireRun(dir);
  const release = acquireLock(dir);
  try {
    rmSync(dir, { recursive: true });
  } catch (error) {
    throw storeError(error, dir, 'delete the run');
  } finally {
    release();
  }
}
