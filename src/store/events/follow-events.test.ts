import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { StoreError } from '../../errors.ts';
import { EVENT_FORMAT, type RunEvent, type StampedEvent } from '../../events.ts';
import { appendEvent, EVENTS_FILE } from './event-log.ts';
import { followEvents, type FollowOptions } from './follow-events.ts';
import { sampleSummary } from '../samples.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-follow-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDir = (): string => mkdtempSync(join(root, 'run-'));

const stamped = (seq: number, event: RunEvent): StampedEvent => {
  return { v: EVENT_FORMAT, run: 'a-run', seq, at: '2026-01-02T03:04:05.006Z', ...event };
};
const warning = (seq: number): StampedEvent => stamped(seq, { type: 'warning', message: `number ${seq}` });
const ending = (seq: number): StampedEvent => stamped(seq, { type: 'run-end', summary: sampleSummary('stopped') });

async function all(dir: string, options?: FollowOptions): Promise<number[]> {
  const out: number[] = [];
  for await (const { seq } of followEvents(dir, options)) out.push(seq);
  return out;
}

it('yields the events of a log from a given number, and ends with the run', async () => {
  const dir = newDir();
  for (const event of [warning(1), warning(2), warning(3), ending(4)]) appendEvent(dir, event);
  expect(await all(dir)).toEqual([1, 2, 3, 4]);
  expect(await all(dir, { from: 3 })).toEqual([3, 4]);
  expect(await all(dir, { from: 9 })).toEqual([]);
});

it('continues into a run that was stopped and resumed', async () => {
  const dir = newDir();
  for (const event of [warning(1), ending(2), warning(3), ending(4)]) appendEvent(dir, event);
  expect(await all(dir)).toEqual([1, 2, 3, 4]);
});

it('waits for a folder and a log that do not exist yet, and for the end of every line', async () => {
  const dir = join(root, 'later');
  const reader = followEvents(dir);
  const first = reader.next();
  mkdirSync(dir);
  const line = Buffer.from(JSON.stringify({ ...warning(1), message: 'é'.repeat(50_000) }));
  writeFileSync(join(dir, EVENTS_FILE), line.subarray(0, 70_001));
  appendFileSync(join(dir, EVENTS_FILE), line.subarray(70_001));
  appendFileSync(join(dir, EVENTS_FILE), '\n');
  expect((await first).value).toEqual(JSON.parse(line.toString()));
  const second = reader.next();
  appendFileSync(join(dir, EVENTS_FILE), '{"v":1,"run":"a-run","seq":2,"at":"2026-');
  appendEvent(dir, ending(2));
  expect((await second).value).toEqual(ending(2));
  expect((await reader.next()).done).toBe(true);
});

it('ends after a session that failed, unless another one follows', async () => {
  const dir = newDir();
  const failed = (seq: number): StampedEvent => ({
    v: EVENT_FORMAT,
    run: 'r',
    seq,
    at: new Date(0).toISOString(),
    type: 'run-failed',
    runId: 'r',
    runDir: '/r',
    code: 'store',
    message: 'The disk is full.',
  });
  appendEvent(dir, failed(1));
  appendEvent(dir, warning(2));
  appendEvent(dir, failed(3));
  const events: StampedEvent[] = [];
  for await (const event of followEvents(dir)) events.push(event);
  expect(events).toEqual([failed(1), warning(2), failed(3)]);
});

it('ends when its signal is aborted, waiting or not', async () => {
  const dir = newDir();
  appendEvent(dir, warning(1));
  appendEvent(dir, warning(2));
  const waiting = new AbortController();
  const seen: number[] = [];
  for await (const { seq } of followEvents(dir, { signal: waiting.signal })) {
    seen.push(seq);
    if (seq === 2) queueMicrotask(() => waiting.abort());
  }
  expect(seen).toEqual([1, 2]);
  expect(await all(dir, { signal: AbortSignal.abort() })).toEqual([]);
});

it('goes on after the end of the run if it is endless', async () => {
  const dir = newDir();
  for (const event of [warning(1), ending(2)]) appendEvent(dir, event);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { seq } of followEvents(dir, { endless: true, signal: stop.signal })) {
    seen.push(seq);
    if (seq === 2) setTimeout(() => appendEvent(dir, warning(3)), 20);
    if (seq === 3) stop.abort();
  }
  expect(seen).toEqual([1, 2, 3]);
});

it('begins with the first whole line of the tail', async () => {
  const dir = newDir();
  const lines = [1, 2, 3, 4].map((seq) => `${JSON.stringify(seq === 4 ? ending(4) : warning(seq))}\n`);
  writeFileSync(join(dir, EVENTS_FILE), lines.join(''));
  const sizes = lines.map((line) => Buffer.byteLength(line));
  expect(await all(dir, { tailBytes: sizes[2] + sizes[3] })).toEqual([3, 4]);
  expect(await all(dir, { tailBytes: sizes[2] + sizes[3] - 1 })).toEqual([4]);
  expect(await all(dir, { tailBytes: sizes[3] + 1 })).toEqual([4]);
  expect(await all(dir, { tailBytes: 1e9 })).toEqual([1, 2, 3, 4]);
});

it('skips nothing of a log that did not exist', async () => {
  const dir = newDir();
  const reader = followEvents(dir, { tailBytes: 10 });
  const first = reader.next();
  appendEvent(dir, warning(1));
  expect((await first).value).toEqual(warning(1));
  await reader.return();
});

it('finds the end of a long line that the tail begins in', async () => {
  const dir = newDir();
  const long = { ...warning(1), message: 'x'.repeat(300_000) };
  writeFileSync(join(dir, EVENTS_FILE), `${JSON.stringify(long)}\n${JSON.stringify(ending(2))}\n`);
  expect(await all(dir, { tailBytes: 200_000 })).toEqual([2]);
});

it('rejects a log that was replaced or has a newer format', async () => {
  const dir = newDir();
  appendEvent(dir, warning(1));
  const reader = followEvents(dir);
  await reader.next();
  writeFileSync(join(dir, EVENTS_FILE), '');
  await expect(reader.next()).rejects.toThrow(StoreError);
  appendEvent(dir, { ...warning(1), v: EVENT_FORMAT + 1 });
  await expect(all(dir)).rejects.toThrow(/Update rzero/);
});

it('follows a log that another process writes', { timeout: 60_000 }, async () => {
  const dir = newDir();
  const script = fileURLToPath(new URL('log-writer.contract.ts', import.meta.url));
  const writer = spawn(process.execPath, ['--import', 'tsx', script, dir, '200'], { stdio: 'inherit' });
  const closed = new Promise((done) => writer.on('close', done));
  const [one, other] = await Promise.all([all(dir), all(dir, { from: 101 })]);
  expect(one).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
  expect(other).toEqual(one.slice(100));
  expect(await closed).toBe(0);
});
