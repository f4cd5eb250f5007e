/**
 * A folder that is either whole or not there: filled beside its place under a temporary name, synced to
 * the disk, then renamed. A full disk or a kill leaves an existing folder as it was. Not a lock: two
 * writers of one folder at once are the caller's to avoid. Used for checkpoints and states.
 */

import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, RzeroError, StoreError } from '../errors.ts';
import { isAlive } from './alive.ts';

/**
 * Gives `fill` an empty folder; when it returns, everything in it is synced and the folder takes the
 * place of `target`. When it throws, the folder is removed and `target` stays untouched. File system
 * errors come out as StoreError; what `fill` throws of `RzeroError` comes out as it is.
 */
export async function writeFolderAtomically(target: string, fill: (temp: string) => Promise<void>): Promise<void> {
  const path = resolve(target);
  const temp = `${path}.tmp-${process.pid}`;
  const old = `${path}.old-${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await recover(path);
    await mkdir(temp);
    await fill(temp);
    await syncTree(temp);
    await swap(temp, path, old);
    await syncFolder(dirname(path));
  } catch (error) {
    await remove(temp).catch(() => undefined);
    throw storeFailure(path, error);
  }
  // The new folder is durable; what cannot be removed now, the next writer removes.
  await remove(old).catch(() => undefined);
}

/** A file system error as StoreError that says what to do; any other error as it is. */
export function storeFailure(path: string, error: unknown): unknown {
  if (error instanceof RzeroError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new StoreError(
      `${path} cannot be written: the disk is full, or a limit is reached (${code}).`,
      'Free some space, or raise the limit, and run the same command again; what was there before is untouched.',
      { cause: error },
    );
  }
  return new StoreError(
    `${path} cannot be written: ${messageOf(error)}.`,
    'Check that the folder exists, is yours and can be written, then run the same command again.',
    { cause: error },
  );
}

/** Undoes what a killed writer left behind: puts a folder back that was moved aside, removes dead temporaries. */
async function recover(path: string): Promise<void> {
  const leftovers = (await readdir(dirname(path))).flatMap((name) => {
    const match = /^\.(tmp|old)-(\d+)$/.exec(name.slice(basename(path).length));
    return name.startsWith(basename(path)) && match !== null
      ? [{ at: join(dirname(path), name), kind: match[1], pid: Number(match[2]) }]
      : [];
  });
  for (const { at, kind, pid } of leftovers) {
    if (pid !== process.pid && isAlive(pid)) continue;
    if (kind === 'old' && !(await exists(path))) await rename(at, path);
    else await remove(at);
  }
}

async function swap(temp: string, path: string, old: string): Promise<void> {
  if (!(await exists(path))) return rename(temp, path);
  await rename(path, old);
  try {
    await rename(temp, path);
  } catch (error) {
    await rename(old, path);
    throw error;
  }
}

/** Whether anything lies at `path`. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await sync(path, 'r+');
  }
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; its renames are journalled.
  if (process.platform !== 'win32') await sync(folder, 'r');
}

async function sync(path: string, mode: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, mode);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
