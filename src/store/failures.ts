import { basename } from 'node:path';
import { StoreError, messageOf } from '../errors.ts';

/** SQLite's primary result codes that have specific advice. */
const SQLITE = { readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const;

/**
 * Converts an error of a file or the database while `doing` something (e.g. `commit step 3`) to a StoreError.
 * Returns a StoreError unchanged.
 */
export function storeError(error: unknown, dir: string, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const cause = { cause: error };
  const what = `Could not ${doing} in ${dir}: ${messageOf(error)}.`;
  const resume = `\`rzero resume ${basename(dir)}\` continues from there.`;
  switch (kindOf(error)) {
    case 'full':
      return new StoreError(
        `The disk is full. ${what} Everything committed before is kept.`,
        `Free some space, then ${resume}`,
        cause,
      );
    case 'io':
      return new StoreError(
        `The disk is full or failing. ${what} Everything committed before is kept.`,
        `Check the disk's space (df) and health, then ${resume}`,
        cause,
      );
    case 'denied':
      return new StoreError(what, `Give this user the right to write in ${dir}, then ${resume}`, cause);
    case 'corrupt':
      return corrupted(dir, messageOf(error), error);
    default:
      return new StoreError(what, `Everything committed before is kept: ${resume}`, cause);
  }
}

/** Converts an error while a run is opened for reading to a StoreError. Returns a StoreError unchanged. */
export function readError(error: unknown, dir: string): StoreError {
  if (error instanceof StoreError || kindOf(error) !== 'denied') return storeError(error, dir, 'open the run');
  return new StoreError(
    `Could not read the run in ${dir}: ${messageOf(error)}.`,
    `Give this user the right to read the files in ${dir}.`,
    { cause: error },
  );
}

/** Creates the StoreError for a damaged database. */
export function corrupted(dir: string, detail: string, cause?: unknown): StoreError {
  return new StoreError(
    `The database of the run in ${dir} is damaged: ${detail}.`,
    `Restore run.db from a backup (run.db.v*.bak in the same folder, if there is one), or move the folder away and start a new run; saved weights in it stay usable with --model.`,
    { cause },
  );
}

type Kind = 'full' | 'io' | 'denied' | 'corrupt' | 'other';

function kindOf(error: unknown): Kind {
  if (typeof error !== 'object' || error === null) return 'other';
  if ('code' in error) {
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG') return 'full';
    if (error.code === 'EIO') return 'io';
    if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') return 'denied';
  }
  if (!('sqliteCode' in error) || typeof error.sqliteCode !== 'number') return 'other';
  switch (error.sqliteCode & 0xff) {
    case SQLITE.full:
      return 'full';
    case SQLITE.ioerr:
      return 'io';
    case SQLITE.readonly:
    case SQLITE.cantOpen:
      return 'denied';
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return 'corrupt';
    default:
      return 'other';
  }
}
