// Loaded with --import into a measured program: writes the peak of its resident memory, in bytes, to the file in
// USAGE_FILE. On Linux, `maxRSS` includes the memory of the parent at the time of the fork.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STATUS = '/proc/self/status';

process.on('exit', () => {
  const mark = existsSync(STATUS) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(STATUS, 'utf8')) : null;
  const kilobytes = mark === null ? process.resourceUsage().maxRSS : Number(mark[1]);
  writeFileSync(process.env.USAGE_FILE, JSON.stringify({ peakBytes: 1024 * kilobytes }));
});
