import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * Most resident memory that this process has had, in bytes. Linux counts in `maxRSS` what the parent held when it
 * started this one, so there the process's own high-water mark is read.
 */
export function peakMemory(): number {
  const mark = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8')) : null;
  // Kilobytes, on every platform since libuv 1.45.
  return 1024 * (mark === null ? process.resourceUsage().maxRSS : Number(mark[1]));
}
