import { expect, it } from 'vitest';
import type { RunEvent, RunSummary } from '../../events.ts';
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
const warning = (message: string): RunEvent => ({ type: 'warning', message });
const progress = (done: number): RunEvent => ({
  type: 'progress',
  iteration: 1,
  stage: 'vote',
  step: 0,
  steps: 1,
  what: '',
  done,
  total: 1,
  tokensPerSecond: null,
});

async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const out: RunEvent[] = [];
  for await (const event of events) out.push(event);
  return out;
}

it('gives every event once and in order, whether it was awaited or not', async () => {
  const evolution = startEvolution(async (emit) => {
    emit(warning('a'));
    emit(warning('b'));
    await new Promise((resolve) => setTimeout(resolve, 5));
    emit(warning('c'));
    return SUMMARY;
  });
  expect(await all(evolution)).toEqual(['a', 'b', 'c'].map(warning));
  expect(await evolution.result).toBe(SUMMARY);
  expect(await all(evolution)).toEqual([]);
});

it('throws to the reader what the run threw, after the events before it', async () => {
  const failure = new Error('broken');
  const evolution = startEvolution(async (emit) => {
    emit(warning('a'));
    throw failure;
  });
  const seen: RunEvent[] = [];
  await expect(
    (async () => {
      for await (const event of evolution) seen.push(event);
    })(),
  ).rejects.toBe(failure);
  expect(seen).toEqual([warning('a')]);
  await expect(evolution.result).rejects.toBe(failure);
});

it('hands a stop to the run', async () => {
  const evolution = startEvolution(async (_emit, stop) => {
    while (!stop.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
    return { ...SUMMARY, outcome: 'stopped' };
  });
  evolution.stop();
  expect((await evolution.result).outcome).toBe('stopped');
});

it('keeps no endless progress for a reader who does not read', async () => {
  const evolution = startEvolution(async (emit) => {
    for (let done = 0; done < 5000; done++) emit(progress(done));
    for (let done = 0; done < 5000; done++) {
      emit({ type: 'download', model: 'owner/name', file: '', done, total: null, bytesPerSecond: null });
    }
    emit(warning('end'));
    return SUMMARY;
  });
  await evolution.result;
  const events = await all(evolution);
  expect(events.length).toBeLessThanOrEqual(1001);
  expect(events.at(-1)).toEqual(warning('end'));
});
