import { spawn, spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { isAlive, processStart } from './alive.ts';

/** Start times are available only on Linux. */
const KNOWS_STARTS = process.platform === 'linux';

it('a running process is alive, an ended one is not', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(process.ppid)).toBe(true);
  expect(isAlive(spawnSync(process.execPath, ['-e', '']).pid)).toBe(false);
});

it.each([0, -1, 1.5, Number.NaN])('%s is not a process', (pid) => {
  expect(isAlive(pid)).toBe(false);
});

it('a start time identifies one process', () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    const pid = child.pid ?? 0;
    const start = processStart(pid);
    expect(start === null).toBe(!KNOWS_STARTS);
    expect(processStart(pid)).toBe(start);
    expect(isAlive(pid, start)).toBe(true);
    expect(isAlive(pid, '1')).toBe(!KNOWS_STARTS);
  } finally {
    child.kill('SIGKILL');
  }
});
