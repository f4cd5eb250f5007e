import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { StoreError } from '../../errors.ts';
import { EVENT_FORMAT, type StampedEvent } from '../../events.ts';
import { sampleSummary } from '../samples.contract.ts';
import { EVENTS_FILE, appendEvent, readEvents } from './event-log.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-events-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDir = (): string => mkdtempSync(join(root, 'run-'));
const AT = '2026-01-02T03:04:05.006Z';
const warning = (message: string, seq = 1): StampedEvent => {
  return { v: EVENT_FORMAT, run: 'a-run', seq, at: AT, type: 'warning', message };
};
const messages = (dir: string): string[] =>
  readEvents(dir).events.map((event) => (event.type === 'warning' ? event.message : event.type));

it('returns events in order, with run, number and time', () => {
  const dir = newDir();
  expect(readEvents(dir)).toEqual({ events: [], skipped: 0, last: 0 });
  const events = ['one', 'two\nlines', '\u2028 </script> \ud83d\ude00'].map((text, at) => warning(text, at + 1));
  for (const event of events) appendEvent(dir, event);
  expect(readEvents(dir)).toEqual({ events, skipped: 0, last: 3 });
});

it('truncated at any byte, it keeps all complete lines and accepts new ones', () => {
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
      expect(readEvents(dir).skipped).toBeLessThanOrEqual(1);
    }),
    { numRuns: 40 },
  );
});

it('skips lines that are not events', () => {
  const dir = newDir();
  appendFileSync(join(dir, EVENTS_FILE), 'junk\nnull\n{"type":3}\n{"at":"x"}\n');
  appendFileSync(join(dir, EVENTS_FILE), '{"v":1,"run":"r","at":"x","type":"warning","message":"no number"}\n');
  appendFileSync(join(dir, EVENTS_FILE), '{"v":1,"run":"r","seq":1,"at":"x","type":"warning"}\n');
  appendEvent(dir, warning('good'));
  expect(messages(dir)).toEqual(['good']);
  expect(readEvents(dir).skipped).toBe(6);
});

it('skips an unknown event type, but counts its number', () => {
  const dir = newDir();
  appendFileSync(join(dir, EVENTS_FILE), `{"v":1,"run":"r","seq":7,"at":"${AT}","type":"of-a-later-version"}\n`);
  expect(readEvents(dir)).toEqual({ events: [], skipped: 1, last: 7 });
});

it('refuses a log of a newer format, with advice', () => {
  const dir = newDir();
  appendEvent(dir, { ...warning('newer'), v: EVENT_FORMAT + 1 });
  expect(() => readEvents(dir)).toThrow(StoreError);
  expect(() => readEvents(dir)).toThrow(/has format 2; .* up to 1\.\nUpdate rzero/);
});

it('reads a log from before events had numbers, and numbers its events by position', () => {
  const dir = newDir();
  const vote = { answer: '7', count: 3 };
  const lines = [
    { type: 'run-start', runId: 'old', runDir: '/runs/old', model: 'm', parameters: 1, domain: 'arithmetic' },
    { type: 'questions', iteration: 1, stage: 'vote', shown: [{ text: 'q', votes: [vote], attempts: 4 }] },
    { type: 'run-end', summary: sampleSummary('finished') },
  ];
  Object.assign(lines[0], { iterations: 2, seed: 1, threads: 1, resumedFrom: null });
  Object.assign(lines[1].shown?.[0] ?? {}, { label: '7', truth: null });
  for (const line of lines) appendFileSync(join(dir, EVENTS_FILE), `${JSON.stringify({ at: AT, ...line })}\n`);
  appendEvent(dir, warning('resumed', 4));
  const { events, skipped, last } = readEvents(dir);
  expect({ skipped, last }).toEqual({ skipped: 0, last: 4 });
  expect(events.map(({ seq, type }) => [seq, type])).toEqual([
    [1, 'run-start'],
    [2, 'questions'],
    [3, 'run-end'],
    [4, 'warning'],
  ]);
  expect(events[0]).toMatchObject({ v: EVENT_FORMAT, run: 'old', at: AT, adapter: null });
  expect(events[1]).toMatchObject({ run: 'old', shown: [{ votes: [{ ...vote, weight: 3 }] }] });
});

it('throws StoreError if the folder is gone', () => {
  expect(() => appendEvent(join(root, 'gone'), warning('x'))).toThrow(StoreError);
});
