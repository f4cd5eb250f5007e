/**
 * Writes folders atomically: a folder is filled under a temporary name next to its target, synced to the disk, then
 * renamed. A full disk or a kill leaves an existing folder unchanged. This is not a lock: callers must not write one
 * folder twice at the same time. Used for checkpoints and states.
 */

import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, RzeroError, StoreError } from '../errors.ts';
import { isAlive } from './alive.ts';

/**
 * Calls `fill` with an empty folder, then syncs its content and renames it to `target`. If `fill` throws, the folder is
 * removed and `target` is unchanged. File system errors are thrown as StoreError; an `RzeroError` of `fill` is rethrown
 * unchanged.
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
  // The new folder is durable. The next writer removes what cannot be removed now.
  await remove(old).catch(() => undefined);
}

/** Converts a file system error to a StoreError with advice; returns any other error unchanged. */
export function storeFailure(path: string, error: unknown): unknown {
  if (error instanceof RzeroError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new StoreError(
      `${path} cannot be written: the disk is full, or a limit is reached (${code}).`,
      'Free some space, or raise the limit, then go on; the old content is unchanged.',
      { cause: error },
    );
  }
  return new StoreError(
    `${path} cannot be written: ${messageOf(error)}.`,
    'Check that the folder exists and that you may write to it, then go on.',
    { cause: error },
  );
}

/** Cleans up after a killed writer: restores a folder that was moved aside and removes temporary folders. */
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

/** Returns whether `path` exists. */
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
  // Windows cannot open folders, and journals renames.
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
