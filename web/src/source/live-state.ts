/** What the messages of a run's event stream add up to. Pure. */

import type { StampedEvent } from '../../../src/events.ts';

export interface LiveState {
  /** The newest logged events, the oldest first. */
  events: readonly StampedEvent[];
  /** The newest passing event; null if none came since the last logged one. */
  passing: StampedEvent | null;
  /** Whether a process works on the run; null if unknown. */
  running: boolean | null;
  /** `off`: the data does not change. `lost`: the connection is opened again soon. */
  connection: 'off' | 'connecting' | 'open' | 'lost';
  /** The run was deleted. */
  gone: boolean;
  /** Grows when views should load their data again. */
  version: number;
}

export const OFF: LiveState = {
  events: [],
  passing: null,
  running: null,
  connection: 'off',
  gone: false,
  version: 0,
};

const MOST_EVENTS = 300;

/** A message as it came. */
export interface LiveMessage {
  name: string;
  data: unknown;
}

/** Returns the state after a message. `isNews` says whether views should load their data again. */
export function afterMessage(state: LiveState, { name, data }: LiveMessage): { state: LiveState; isNews: boolean } {
  switch (name) {
    case 'run': {
      const event = data as StampedEvent;
      if (event.seq <= (state.events.at(-1)?.seq ?? 0)) return { state, isNews: false };
      const events = [...state.events, event].slice(-MOST_EVENTS);
      return { state: { ...state, events, passing: null }, isNews: true };
    }
    case 'passing':
      return { state: { ...state, passing: data as StampedEvent }, isNews: false };
    case 'state': {
      const running = isRunning(data);
      const next = { ...state, running, passing: running ? state.passing : null };
      return { state: next, isNews: running !== state.running };
    }
    case 'reset':
      return { state: { ...state, events: [], passing: null }, isNews: true };
    case 'gone':
      return { state: { ...state, gone: true, running: false, passing: null }, isNews: true };
    default:
      return { state, isNews: false };
  }
}

/** Number from which the stream continues; 0: from the newest events. */
export function nextNumber({ events }: LiveState): number {
  const last = events.at(-1);
  return last === undefined ? 0 : last.seq + 1;
}

/** Milliseconds before the connection is opened again after `failures` failures in a row. */
export function backOff(failures: number): number {
  return Math.min(15_000, 500 * 2 ** Math.max(0, failures - 1));
}

function isRunning(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'running' in data && data.running === true;
}
