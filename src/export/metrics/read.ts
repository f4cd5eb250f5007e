/** Reads the metrics of a run with the times at which they were committed. */

import { openRun } from '../../store/sqlite.ts';
import { readEvents } from '../../store/events/event-log.ts';
import type { RunMeta } from '../../store/store.ts';
import type { EvalResult } from '../../types.ts';
import { heldOutPoints, type Point, pointsOf } from './series.ts';

/** A point with its time in seconds since 1970. */
export interface TimedPoint extends Point {
  seconds: number;
}

export interface RunMetrics {
  meta: RunMeta;
  points: TimedPoint[];
  /** Held-out results in full. */
  evaluations: EvalResult[];
}

/**
 * Reads the run in `dir`. Times come from its event log; a step that the log lacks has the time of the one before it.
 * @throws StoreError if it cannot be read
 */
export function readMetrics(dir: string): RunMetrics {
  const store = openRun(dir, { readOnly: true });
  try {
    const meta = store.meta();
    const evaluations = store.evaluations();
    const times = timesOf(dir);
    let seconds = Date.parse(meta.createdAt) / 1000;
    const points = [...pointsOf(store.metrics()), ...heldOutPoints(evaluations)].map((point) => {
      seconds = times.get(placeOf(point)) ?? seconds;
      return { ...point, seconds };
    });
    return { meta, points, evaluations };
  } finally {
    store.close();
  }
}

function timesOf(dir: string): Map<string, number> {
  const { events } = readEvents(dir);
  return new Map(
    events.flatMap((event) => (event.type === 'step' ? [[placeOf(event), Date.parse(event.at) / 1000] as const] : [])),
  );
}

function placeOf({ iteration, stage, step }: { iteration: number; stage: string; step: number }): string {
  return `${iteration}/${stage}/${step}`;
}
