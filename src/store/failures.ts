import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreError, messageOf } from '../errors.ts';
import { shellWord } from '../text/shell.ts';

/** SQLite's primary result codes that have specific advice. */
const SQLITE = { readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const;

/** A stored value that cannot be read. */
export class DamagedValue extends Error {}

/**
 * Converts an error of a file or the database while `doing` something (e.g. `commit step 3`) to a StoreError.
 * Returns a StoreError unchanged.
 */
export function storeError(error: unknown, dir: string, doing: string): StoreError {
  return converted(error, { dir, doing, right: `in ${dir}`, next: nextStep(dir), kept: KEPT });
}

/** The same while the run in `dir` is created. There is nothing to continue then. */
export function creationError(error: unknown, dir: string, doing: string): StoreError {
  const next = 'start again: no run was created.';
  return converted(error, {
    dir,
    doing,
    right: `in ${existingParent(dir)} (or choose another folder)`,
    next,
    kept: '',
  });
}

const KEPT = ' Everything committed before is kept.';

interface Failure {
  dir: string;
  doing: string;
  /** Where the right to write is needed. */
  right: string;
  /** What to do when the cause is gone. */
  next: string;
  /** Sentence about what is kept; empty if there is nothing. */
  kept: string;
}

function converted(error: unknown, { dir, doing, right, next, kept }: Failure): StoreError {
  if (error instanceof StoreError) return error;
  const cause = { cause: error };
  const what = `Could not ${doing} in ${dir}: ${messageOf(error)}.`;
  const kind = kindOf(error);
  if (kind === 'corrupt') return corrupted(dir, messageOf(error), error);
  if (kind === 'missing' && kept !== '' && !existsSync(dir)) return moved(dir);
  if (kind === 'full')
    return new StoreError(`The disk is full. ${what}${kept}`, `Free some space, then ${next}`, cause);
  if (kind === 'io') {
    const health = `Check the disk's space (df) and health, then ${next}`;
    return new StoreError(`The disk is full or failing. ${what}${kept}`, health, cause);
  }
  if (kind === 'denied') return new StoreError(what, `Give this user the right to write ${right}, then ${next}`, cause);
  return new StoreError(`${what}${kept}`, `Correct that, then ${next}`, cause);
}

/** What continues the work in a folder: the run in it, or the command that wrote there. */
function nextStep(dir: string): string {
  return existsSync(join(dir, 'run.db'))
    ? `\`rzero resume ${resumeName(dir)}\` continues from there.`
    : 'run the same command again.';
}

function existingParent(dir: string): string {
  const parent = dirname(resolve(dir));
  return existsSync(parent) || parent === dir ? parent : existingParent(parent);
}

/** Returns the arguments of `rzero resume` for a run, as they are valid in the current folder. */
export function resumeName(dir: string): string {
  const parent = dirname(resolve(dir));
  const id = shellWord(basename(dir));
  return parent === resolve('runs') ? id : `${id} --runs-dir ${shellWord(parent)}`;
}

/** Returns the command that starts a new run with the settings of the run in `dir`. `program`: how the user calls rzero. */
export function newRunCommand(dir: string, program = 'rzero'): string {
  return `${program} evolve --config ${shellWord(join(dir, 'config.toml'))}`;
}

/** Creates the StoreError for a folder that is not at its path any more. */
export function moved(dir: string): StoreError {
  return new StoreError(
    `The folder ${dir} was moved or deleted while it was in use.`,
    'Everything saved before is in it. If it was moved, name its new path (for a run: `rzero resume PATH`); if it was deleted, start again.',
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
  return new StoreError(`The database of the run in ${dir} is damaged: ${detail}.`, restoreAdvice(dir), { cause });
}

/** A backup of an older schema is older than the run's newest weights, so it shows the run but may not continue it. */
function restoreAdvice(dir: string): string {
  const backups = (existsSync(dir) ? readdirSync(dir) : []).filter((name) => /^run\.db\.v\d+\.bak$/.test(name));
  const made = backups.length === 0 ? '' : ` (${backups.join(', ')} there is one)`;
  const config = shellWord(join(dir, 'config.toml'));
  return `Restore run.db from a backup${made} and delete run.db-wal and run.db-shm, or start a new run with the same settings: \`rzero evolve --config ${config}\`. The weights in ${join(dir, 'weights')} stay usable with --model.`;
}

type Kind = 'full' | 'io' | 'denied' | 'corrupt' | 'missing' | 'other';

function kindOf(error: unknown): Kind {
  if (error instanceof DamagedValue || error instanceof SyntaxError) return 'corrupt';
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
