/**
 * Allows one writer per run. The file `lock` in the run's folder names the process that holds it. The lock of a process
 * that has ended (killed, or before a reboot) is taken over. Readers need no lock.
 */

import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import { isAlive, processStart } from '../files/alive.ts';

export const LOCK_FILE = 'lock';

interface Owner {
  pid: number;
  host: string;
  /** Start time of the process, to detect a reused pid; null if unknown. */
  start: string | null;
}

const held = new Set<string>();

/**
 * Locks the run in `dir`; returns a function that releases it. Throws StoreError if a live process, or this one, holds
 * it.
 */
export function acquireLock(dir: string): () => void {
  const path = join(dir, LOCK_FILE);
  for (let tries = 0; tries < 3; tries++) {
    if (create(path)) {
      held.add(path);
      return () => {
        if (held.delete(path)) rmSync(path, { force: true });
      };
    }
    const owner = readOwner(path);
    if (owner !== null && isHeld(owner, path)) throw locked(dir, owner);
    retire(path, owner);
  }
  throw locked(dir, readOwner(path));
}

/** Returns whether a live process holds the lock of this run. */
export function isLocked(dir: string): boolean {
  const path = join(dir, LOCK_FILE);
  const owner = readOwner(path);
  return owner !== null && isHeld(owner, path);
}

/** Creates the lock with its content in one atomic step; returns false if a lock exists. */
function create(path: string): boolean {
  const temp = `${path}.${randomUUID()}`;
  const owner: Owner = { pid: process.pid, host: hostname(), start: processStart(process.pid) };
  writeFileSync(temp, JSON.stringify(owner), { flush: true });
  try {
    linkSync(temp, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    return copyExclusive(temp, path);
  } finally {
    rmSync(temp, { force: true });
  }
}

/** Creates the lock on file systems without hard links. */
function copyExclusive(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a stale lock away. If another process was faster and the lock is now held by it, moves the lock back. */
function retire(path: string, judged: Owner | null): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (JSON.stringify(readOwner(aside)) !== JSON.stringify(judged)) copyExclusive(aside, path);
  rmSync(aside, { force: true });
}

function readOwner(path: string): Owner | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null;
    return {
      pid: value.pid,
      host: 'host' in value && typeof value.host === 'string' ? value.host : hostname(),
      start: 'start' in value && typeof value.start === 'string' ? value.start : null,
    };
  } catch {
    return null;
  }
}

/** Returns whether the process that wrote the lock still runs. */
function isHeld(owner: Owner, path: string): boolean {
  // A process of another machine cannot be checked.
  if (owner.host !== hostname()) return true;
  if (owner.pid === process.pid) return held.has(path);
  return isAlive(owner.pid, owner.start);
}

function locked(dir: string, owner: Owner | null): StoreError {
  const who =
    owner === null ? 'another process' : `process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}`;
  return new StoreError(
    `The run in ${dir} is in use by ${who}.`,
    `Wait for it or stop it first (Ctrl-C there); if no such process exists, delete ${join(dir, LOCK_FILE)}.`,
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
