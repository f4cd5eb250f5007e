import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import { processStart } from '../files/alive.ts';
import { LOCK_FILE, acquireLock, isLocked } from './lock.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDir = (): string => mkdtempSync(join(root, 'run-'));
const write = (dir: string, owner: unknown): void => writeFileSync(join(dir, LOCK_FILE), JSON.stringify(owner));

it('is held once, and leaves no file when released', () => {
  const dir = newDir();
  const release = acquireLock(dir);
  expect(isLocked(dir)).toBe(true);
  expect(() => acquireLock(dir)).toThrow(StoreError);
  release();
  release();
  expect(readdirSync(dir)).toEqual([]);
  acquireLock(dir)();
});

it('of a process that has ended is taken over', () => {
  const dir = newDir();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  write(dir, { pid, host: hostname(), start: null });
  expect(isLocked(dir)).toBe(false);
  const release = acquireLock(dir);
  expect(JSON.parse(readFileSync(join(dir, LOCK_FILE), 'utf8'))).toMatchObject({ pid: process.pid });
  release();
  expect(readdirSync(dir)).toEqual([]);
});

it('of a live process is respected, and named', () => {
  const dir = newDir();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    write(dir, { pid: child.pid, host: hostname(), start: null });
    expect(isLocked(dir)).toBe(true);
    expect(() => acquireLock(dir)).toThrow(`in use by process ${child.pid}.`);
  } finally {
    child.kill('SIGKILL');
  }
});

it('of an earlier process with the id of this one is taken over', () => {
  const dir = newDir();
  write(dir, { pid: process.pid, host: hostname(), start: 'long ago' });
  expect(isLocked(dir)).toBe(false);
  acquireLock(dir)();
});

it('of an earlier process with the id of a live one is taken over where start times are known', () => {
  const dir = newDir();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    const pid = child.pid ?? 0;
    write(dir, { pid, host: hostname(), start: processStart(pid) });
    expect(isLocked(dir)).toBe(true);
    expect(() => acquireLock(dir)).toThrow(`in use by process ${pid}.`);

    write(dir, { pid, host: hostname(), start: '1' });
    // Other systems provide no start time, so the lock is respected.
    const respected = process.platform !== 'linux';
    expect(isLocked(dir)).toBe(respected);
    if (!respected) acquireLock(dir)();
  } finally {
    child.kill('SIGKILL');
  }
});

it('records the start time of its process', () => {
  const dir = newDir();
  const release = acquireLock(dir);
  expect(JSON.parse(readFileSync(join(dir, LOCK_FILE), 'utf8'))).toMatchObject({ start: processStart(process.pid) });
  release();
});

it('of another machine cannot be checked, so it is respected', () => {
  const dir = newDir();
  write(dir, { pid: 1, host: 'elsewhere.invalid', start: null });
  expect(() => acquireLock(dir)).toThrow('process 1 on elsewhere.invalid');
});

it.each([
  ['half a lock', '{"pid": 1'],
  ['an empty one', ''],
  ['an invalid one', '{"pid": -1}'],
])('%s is taken over', (_, text) => {
  const dir = newDir();
  writeFileSync(join(dir, LOCK_FILE), text);
  acquireLock(dir)();
  expect(readdirSync(dir)).toEqual([]);
});
