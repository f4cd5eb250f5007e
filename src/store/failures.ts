import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
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
  const resume = `\`rzero resume ${resumeName(dir)}\` continues from there.`;
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
    case 'missing':
      return existsSync(dir)
        ? new StoreError(what, `Everything committed before is kept: ${resume}`, cause)
        : moved(dir);
    default:
      return new StoreError(what, `Everything committed before is kept: ${resume}`, cause);
  }
}

/** Returns the arguments of `rzero resume` for a run, as they are valid in the current folder. */
export function resumeName(dir: string): string {
  const parent = dirname(resolve(dir));
  return parent === resolve('runs') ? basename(dir) : `${basename(dir)} --runs-dir ${parent}`;
}

/** Creates the StoreError for a folder that is not at its path any more. */
export function moved(dir: string): StoreError {
  return new StoreError(
    `The folder ${dir} was moved or deleted while it was in use.`,
    'Everything saved before is in it. If it was moved, continue with its new path; if it was deleted, start again.',
  );
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

type Kind = 'full' | 'io' | 'denied' | 'corrupt' | 'missing' | 'other';

function kindOf(error: unknown): Kind {
  if (typeof error !== 'object' || error === null) return 'other';
  if ('code' in error) {
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG') return 'full';
    if (error.code === 'EIO') return 'io';
    if (error.code === 'ENOENT') return 'missing';
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
