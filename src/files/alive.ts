/** Checks whether a process still runs on this machine, even if its id has been reused since. */

import { readFileSync } from 'node:fs';

/**
 * Returns whether the process runs on this machine. `start` is its start time from `processStart`: a process with the
 * same id and another start time is a different one. Without `start`, or on systems without start times, only the id
 * is compared.
 */
export function isAlive(pid: number, start: string | null = null): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process runs, but belongs to another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = start === null ? null : processStart(pid);
  return now === null || now === start;
}

/**
 * Returns the start time of a process in clock ticks since boot (field 22 of /proc/PID/stat). Null if the process does
 * not exist, and on systems other than Linux.
 */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may itself contain spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
