import { describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../src/events.ts';
import { afterMessage, backOff, type LiveState, nextNumber, OFF } from './live-state.ts';

const warning = (seq: number): StampedEvent => {
  return { v: 1, run: 'r', seq, at: '2026-01-02T03:04:05.006Z', type: 'warning', message: `number ${seq}` };
};
const after = (messages: readonly [name: string, data: unknown][]): LiveState =>
  messages.reduce((state, [name, data]) => afterMessage(state, { name, data }).state, OFF);

describe('the state of a stream', () => {
  it('has the newest events, each once, and continues after the last', () => {
    const state = after([
      ['run', warning(4)],
      ['run', warning(5)],
      ['run', warning(5)],
      ['run', warning(4)],
    ]);
    expect(state.events).toEqual([warning(4), warning(5)]);
    expect(nextNumber(state)).toBe(6);
    expect(nextNumber(OFF)).toBe(0);
  });

  it('is bounded', () => {
    const state = after(Array.from({ length: 1000 }, (_, at) => ['run', warning(at + 1)]));
    expect(state.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, at) => at + 701));
  });

  it('forgets a passing event when the next event comes, or when the run ends', () => {
    const passing = after([['passing', warning(3)]]);
    expect(passing.passing).toEqual(warning(3));
    expect(afterMessage(passing, { name: 'run', data: warning(4) }).state.passing).toBeNull();
    expect(afterMessage(passing, { name: 'state', data: { running: false } }).state.passing).toBeNull();
    expect(afterMessage(passing, { name: 'state', data: { running: true } }).state.passing).toEqual(warning(3));
  });

  it('begins again after a gap, and after the log was replaced', () => {
    const state = after([
      ['run', warning(9)],
      ['reset', {}],
    ]);
    expect(nextNumber(state)).toBe(0);
    expect(afterMessage(state, { name: 'run', data: warning(2) }).state.events).toEqual([warning(2)]);
  });

  it('is news only if something of the run changed', () => {
    const isNews = (name: string, data: unknown, state = OFF): boolean => afterMessage(state, { name, data }).isNews;
    expect(isNews('run', warning(1))).toBe(true);
    expect(isNews('passing', warning(1))).toBe(false);
    expect(isNews('state', { running: true })).toBe(true);
    expect(isNews('state', { running: true }, { ...OFF, running: true })).toBe(false);
    expect(isNews('gone', {})).toBe(true);
    expect(isNews('of-a-later-version', {})).toBe(false);
  });
});

it('waits longer after every failure, up to 15 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map(backOff)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});
