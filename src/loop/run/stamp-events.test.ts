import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EVENT_FORMAT, type RunEvent, type StampedEvent } from '../../events.ts';
import { readEvents } from '../../store/events/event-log.ts';
import { stampEarly, stampEvents } from './stamp-events.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-stamp-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const warning: RunEvent = { type: 'warning', message: 'something' };
const place = { iteration: 1, stage: 'vote', step: 0, steps: 1 } as const;
const progress: RunEvent = { type: 'progress', ...place, what: '', done: 1, total: 2, tokensPerSecond: null };

/** Returns the events that a session publishes. */
function session(log: string | null, events: readonly RunEvent[]): StampedEvent[] {
  const published: StampedEvent[] = [];
  const emit = stampEvents({ run: 'a-run', log }, (event) => published.push(event));
  for (const event of events) emit(event);
  return published;
}

it('numbers logged events without gaps over sessions; passing ones repeat the last number', () => {
  const dir = mkdtempSync(join(root, 'run-'));
  const first = session(dir, [progress, warning, progress, warning]);
  expect(first.map(({ seq, type }) => [seq, type])).toEqual([
    [0, 'progress'],
    [1, 'warning'],
    [1, 'progress'],
    [2, 'warning'],
  ]);
  const second = session(dir, [warning, progress]);
  expect(second.map(({ seq }) => seq)).toEqual([3, 3]);
  const logged = [...first, ...second].filter(({ type }) => type === 'warning');
  expect(readEvents(dir)).toEqual({ events: logged, skipped: 0, last: 3 });
});

it('stamps each event with format, run and time', () => {
  const [event] = session(null, [warning]);
  expect(event).toEqual({ ...warning, v: EVENT_FORMAT, run: 'a-run', seq: 1, at: event.at });
  expect(new Date(event.at).toISOString()).toBe(event.at);
  expect(stampEarly(warning)).toMatchObject({ ...warning, v: EVENT_FORMAT, run: null, seq: 0 });
});
