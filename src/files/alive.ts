/** Whether a process still runs on this machine, also when its id has been given to another process since. */

import { readFileSync } from 'node:fs';

/**
 * Whether a process of this id runs on this machine. `start` is what `processStart` returned for the process that is
 * meant: a process with the same id and another start time counts as gone. Without `start`, or where start times are
 * unknown, the id alone decides.
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

/** Start time of a process: field 22 of /proc/PID/stat, in clock ticks since boot. Null outside Linux and for no such process. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in parentheses, may hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
