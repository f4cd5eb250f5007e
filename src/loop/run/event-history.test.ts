import { expect, it } from 'vitest';
import type { RunEvent, StampedEvent } from '../../events.ts';
import { EventHistory, KEPT_EVENTS, KEPT_PASSING } from './event-history.ts';

const stamped = (seq: number, event: RunEvent): StampedEvent => {
  return { v: 1, run: 'a-run', seq, at: '2026-01-02T03:04:05.006Z', ...event };
};
const warning = (seq: number): StampedEvent => stamped(seq, { type: 'warning', message: '' });
const download = (seq: number, done: number): StampedEvent =>
  stamped(seq, { type: 'download', model: 'owner/name', file: '', done, total: null, bytesPerSecond: null });

async function all(events: AsyncIterable<StampedEvent>): Promise<StampedEvent[]> {
  const out: StampedEvent[] = [];
  for await (const event of events) out.push(event);
  return out;
}

it('yields all events in order to every reader, whenever it starts', async () => {
  const history = new EventHistory();
  const [early, slow] = [history.read(), history.read()];
  const waiting = all(early);
  const events = [warning(1), download(1, 5), warning(2), download(2, 6), download(2, 7), warning(3)];
  for (const event of events.slice(0, 3)) history.push(event);
  expect((await slow.next()).value).toEqual(events[0]);
  const middle = all(history.read());
  for (const event of events.slice(3)) history.push(event);
  history.end();
  expect(await waiting).toEqual(events);
  expect(await middle).toEqual(events);
  expect(await all(slow)).toEqual(events.slice(1));
  expect(await all(history.read())).toEqual(events);
});

it('throws the same error to every reader, after the events before it', async () => {
  const history = new EventHistory();
  const failure = new Error('broken');
  history.push(warning(1));
  const reader = history.read();
  history.fail(failure);
  for (const one of [reader, history.read()]) {
    expect((await one.next()).value).toEqual(warning(1));
    await expect(one.next()).rejects.toBe(failure);
  }
});

it('lets one reader leave without affecting the others', async () => {
  const history = new EventHistory();
  const staying = all(history.read());
  history.push(warning(1));
  for await (const event of history.read()) {
    expect(event).toEqual(warning(1));
    break;
  }
  history.push(warning(2));
  history.end();
  expect(await staying).toEqual([warning(1), warning(2)]);
});

it('keeps the newest events for a slow reader, logged and passing ones separately', async () => {
  const history = new EventHistory();
  const absent = history.read();
  for (let seq = 1; seq <= KEPT_EVENTS + 3; seq++) history.push(warning(seq));
  for (let done = 1; done <= KEPT_PASSING + 2; done++) history.push(download(KEPT_EVENTS + 3, done));
  history.push(warning(KEPT_EVENTS + 4));
  history.end();
  const events = await all(absent);
  expect(events).toHaveLength(KEPT_EVENTS + KEPT_PASSING);
  expect(events[0]).toEqual(warning(5));
  expect(events[KEPT_EVENTS - 1]).toEqual(download(KEPT_EVENTS + 3, 3));
  expect(events.at(-1)).toEqual(warning(KEPT_EVENTS + 4));
});
