import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import type { RunEvent } from '../events.ts';
import { EVENTS_FILE, appendEvent, readEvents } from './event-log.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-events-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDir = (): string => mkdtempSync(join(root, 'run-'));
const warning = (message: string): RunEvent => ({ type: 'warning', message });
const messages = (dir: string): string[] =>
  readEvents(dir).events.map((event) => (event.type === 'warning' ? event.message : event.type));

it('gives events back in order, each with its time', () => {
  const dir = newDir();
  expect(readEvents(dir)).toEqual({ events: [], torn: 0 });
  const texts = ['one', 'two\nlines', '\u2028 </script> \ud83d\ude00'];
  for (const text of texts) appendEvent(dir, warning(text));
  expect(messages(dir)).toEqual(texts);
  expect(readEvents(dir).events.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
});

it('torn at any byte, it keeps all whole lines and takes new ones', () => {
  const whole = newDir();
  for (const text of ['first', 'second é', 'third']) appendEvent(whole, warning(text));
  const bytes = readFileSync(join(whole, EVENTS_FILE));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length }), (size) => {
      const dir = newDir();
      writeFileSync(join(dir, EVENTS_FILE), bytes);
      truncateSync(join(dir, EVENTS_FILE), size);
      const before = messages(dir);
      expect(['first', 'second é', 'third'].slice(0, before.length)).toEqual(before);
      expect(before.length).toBeGreaterThanOrEqual(bytes.subarray(0, size).filter((byte) => byte === 0x0a).length);
      appendEvent(dir, warning('after'));
      expect(messages(dir)).toEqual([...before, 'after']);
      expect(readEvents(dir).torn).toBeLessThanOrEqual(1);
    }),
    { numRuns: 40 },
  );
});

it('skips lines that are no events', () => {
  const dir = newDir();
  appendFileSync(join(dir, EVENTS_FILE), 'junk\nnull\n{"type":3}\n{"at":"x"}\n');
  appendEvent(dir, warning('good'));
  expect(messages(dir)).toEqual(['good']);
  expect(readEvents(dir).torn).toBe(4);
});

it('a folder that is gone is a StoreError', () => {
  expect(() => appendEvent(join(root, 'gone'), warning('x'))).toThrow(StoreError);
});
