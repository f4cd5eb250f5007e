import { expect, it } from 'vitest';
import type { RunSummary, StampedEvent } from '../../events.ts';
import { startEvolution } from './handle.ts';

const SUMMARY: RunSummary = {
  runId: 'r',
  runDir: '/r',
  iterations: [],
  best: 0,
  outcome: 'finished',
  seconds: 0,
  engineSeconds: 0,
  explanation: '',
};
const warning = (message: string): StampedEvent => {
  return { v: 1, run: 'r', seq: 1, at: '2026-01-02T03:04:05.006Z', type: 'warning', message };
};
async function all(events: AsyncIterable<StampedEvent>): Promise<StampedEvent[]> {
  const out: StampedEvent[] = [];
  for await (const event of events) out.push(event);
  return out;
}

it('yields every event in order to every reader', async () => {
  const evolution = startEvolution(async (emit) => {
    emit(warning('a'));
    emit(warning('b'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    emit(warning('c'));
    return SUMMARY;
  });
  const events = ['a', 'b', 'c'].map(warning);
  expect(await Promise.all([all(evolution), all(evolution)])).toEqual([events, events]);
  expect(await evolution.result).toBe(SUMMARY);
  expect(await all(evolution)).toEqual(events);
});

it('throws the run’s error to the reader, after the events before it', async () => {
  const failure = new Error('broken');
  const evolution = startEvolution(async (emit) => {
    emit(warning('a'));
    throw failure;
  });
  const seen: StampedEvent[] = [];
  await expect(
    (async () => {
      for await (const event of evolution) seen.push(event);
    })(),
  ).rejects.toBe(failure);
  expect(seen).toEqual([warning('a')]);
  await expect(evolution.result).rejects.toBe(failure);
});

it('passes a stop to the run', async () => {
  const evolution = startEvolution(async (_emit, stop) => {
    while (!stop.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
    return { ...SUMMARY, outcome: 'stopped' };
  });
  evolution.stop();
  expect((await evolution.result).outcome).toBe('stopped');
});
