import { describe, expect, it } from 'vitest';
import { FAULTS, FaultSchedule } from './fault-schedule.ts';
import type { Fault, ScheduleOptions, Scheduled } from './fault-schedule.ts';

const all: ScheduleOptions = { seed: 1, rate: 0.5, faults: FAULTS };

function request(route: string, key: number, samplePoll = false): Scheduled {
  return { route, key: `${route} ${key}`, samplePoll };
}

function faults(options: ScheduleOptions, requests: readonly Scheduled[]): (Fault | null)[] {
  const schedule = new FaultSchedule(options);
  return requests.map((each) => schedule.next(each));
}

const samples = Array.from({ length: 200 }, (_, i) => request('asample', i));
const polls = Array.from({ length: 500 }, (_, i) => request('retrieve_future', i, true));

describe('FaultSchedule', () => {
  it('deals the same faults for the same seed, and others for another', () => {
    expect(faults(all, samples)).toEqual(faults(all, samples));
    expect(faults(all, samples)).not.toEqual(faults({ ...all, seed: 2 }, samples));
  });

  it('decides for each route on its own, so the order between routes is free', () => {
    const schedule = new FaultSchedule(all);
    const mixed = samples.flatMap((sample, i) => [sample, polls[i]]).map((each) => [each.route, schedule.next(each)]);
    expect(mixed.filter(([route]) => route === 'asample').map(([, fault]) => fault)).toEqual(faults(all, samples));
  });

  it('deals every fault', () => {
    expect(new Set(faults(all, polls))).toEqual(new Set([...FAULTS, null]));
  });

  it('keeps to the rate', () => {
    const hits = faults({ ...all, rate: 0.2 }, polls).filter((fault) => fault !== null).length;
    expect(hits / polls.length).toBeGreaterThan(0.15);
    expect(hits / polls.length).toBeLessThan(0.25);
    expect(faults({ ...all, rate: 0 }, polls).every((fault) => fault === null)).toBe(true);
  });

  it('loses promises of samples only, and asks to try again at polls only', () => {
    const some: ScheduleOptions = { ...all, rate: 1, faults: ['410-sample', 'try-again'] };
    expect(faults(some, samples).every((fault) => fault === null)).toBe(true);
    const training = polls.map((poll) => ({ ...poll, samplePoll: false }));
    expect(new Set(faults(some, training))).toEqual(new Set(['try-again']));
    expect(new Set(faults(some, polls))).toEqual(new Set(['try-again', '410-sample']));
  });

  it('leaves a request alone after some repetitions, other routes always, and all after the maximum', () => {
    const always: ScheduleOptions = { ...all, rate: 1, faults: ['500'] };
    const same = Array.from({ length: 5 }, () => request('optim_step', 0));
    expect(faults(always, same)).toEqual(['500', '500', '500', null, null]);
    expect(faults({ ...always, repeat: 1 }, same)).toEqual(['500', null, null, null, null]);
    expect(faults(always, [request('session_heartbeat', 0)])).toEqual([null]);
    expect(faults({ ...always, routes: ['session_heartbeat'] }, [request('session_heartbeat', 0)])).toEqual(['500']);
    expect(faults({ ...always, max: 2 }, samples.slice(0, 4))).toEqual(['500', '500', null, null]);
  });
});
