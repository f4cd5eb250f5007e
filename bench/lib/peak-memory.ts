import { existsSync, readFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

/**
 * Returns the peak resident memory of this process in bytes. On Linux, `maxRSS` includes the memory of the
 * parent at the time of the fork, so the process's own high-water mark is used there.
 */
export function peakMemory(): number {
  const mark = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8')) : null;
  // `maxRSS` is in kilobytes on every platform since libuv 1.45.
  return 1024 * (mark === null ? process.resourceUsage().maxRSS : Number(mark[1]));
}
