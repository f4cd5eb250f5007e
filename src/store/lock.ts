/**
 * Allows one writer per run. The file `lock` in the run's folder names the process that holds it. The lock of a process
 * that has ended (killed, or before a reboot) is taken over. Readers need no lock.
 */

import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { StoreError } from '../errors.ts';
import { isAlive, processStart } from '../files/alive.ts';

export const LOCK_FILE = 'lock';

interface Owner {
  pid: number;
  host: string;
  /** Start time of the process, to detect a reused pid; null if unknown. */
  start: string | null;
}

/** Content of the locks that this process holds, by path. */
const held = new Map<string, string>();

/**
 * Locks the run in `dir`; returns a function that releases it. The end of the process releases it too, except by a
 * kill. Throws StoreError if a live process, or this one, holds it.
 */
export function acquireLock(dir: string): () => void {
  const path = join(dir, LOCK_FILE);
  for (let tries = 0; tries < 3; tries++) {
    const content = contentOfOwn();
    if (create(path, content)) {
      if (held.size === 0) process.prependListener('exit', releaseAll);
      held.set(path, content);
      return () => release(path);
    }
    const owner = readOwner(path);
    if (owner !== null && isHeld(owner, path)) throw locked(dir, owner);
    retire(path, owner);
  }
  throw locked(dir, readOwner(path));
}

/** Throws StoreError if this process no longer holds the lock of `dir`. */
export function requireLock(dir: string): void {
  const path = join(dir, LOCK_FILE);
  if (held.has(path) && readText(path) === held.get(path)) return;
  const owner = readOwner(path);
  throw owner === null
    ? new StoreError(
        `The lock ${path} was removed while the folder was in use.`,
        'Make sure that no other process works there, then continue.',
      )
    : new StoreError(
        `Another process (${nameOf(owner)}) has taken over ${dir}.`,
        'Wait for it or stop it first, then continue.',
      );
}

function release(path: string): void {
  const own = held.get(path);
  if (own === undefined) return;
  held.delete(path);
  if (held.size === 0) process.off('exit', releaseAll);
  if (readText(path) === own) rmSync(path, { force: true });
}

function releaseAll(): void {
  for (const path of held.keys()) release(path);
}

/** Returns whether a live process holds the lock of this run. */
export function isLocked(dir: string): boolean {
  const path = join(dir, LOCK_FILE);
  const owner = readOwner(path);
  return owner !== null && isHeld(owner, path);
}

/** Returns the process of this machine that holds the lock of this run; null if none does, or one of another machine. */
export function lockOwner(dir: string): { pid: number } | null {
  const path = join(dir, LOCK_FILE);
  const owner = readOwner(path);
  return owner !== null && owner.host === hostname() && isHeld(owner, path) ? { pid: owner.pid } : null;
}

/** Returns the content of a new lock of this process. The id distinguishes it from earlier ones. */
function contentOfOwn(): string {
  const owner: Owner = { pid: process.pid, host: hostname(), start: processStart(process.pid) };
  return JSON.stringify({ ...owner, id: randomUUID() });
}

/** Creates the lock with its content in one atomic step; returns false if a lock exists. */
function create(path: string, content: string): boolean {
  const temp = `${path}.${randomUUID()}`;
  writeFileSync(temp, content, { flush: true });
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

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
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
  // Only the thread that took a lock knows of it; another thread of the process can check that the process is the same.
  if (owner.pid === process.pid && isMainThread) return held.has(path);
  return isAlive(owner.pid, owner.start);
}

function locked(dir: string, owner: Owner | null): StoreError {
  const who = owner === null ? 'another process' : nameOf(owner);
  return new StoreError(
    `The run in ${dir} is in use by ${who}.`,
    `Wait for it or stop it first (Ctrl-C there); if no such process exists, delete ${join(dir, LOCK_FILE)}.`,
  );
}

function nameOf({ pid, host }: Owner): string {
  return `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
