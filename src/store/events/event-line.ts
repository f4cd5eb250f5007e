/** Parses one line of an event log, written by this version or an older one. */

import { z } from 'zod';
import { StoreError } from '../../errors.ts';
import { EVENT_FORMAT, type StampedEvent } from '../../events.ts';
import { storedEvent } from './event-shapes.ts';

/** State from the lines before: the last number and the run's id. */
export interface LogPosition {
  seq: number;
  run: string | null;
}

export const BEGINNING: LogPosition = { seq: 0, run: null };

/** Format 0 has only a time: its events are numbered by position, and its `run-start` event names the run. */
const stampShape = z.union([
  z.object({ v: z.literal(EVENT_FORMAT), run: z.string().nullable(), seq: z.int().min(1), at: z.string() }),
  z.object({ v: z.undefined().optional(), at: z.string() }),
]);

const formatShape = z.object({ v: z.int() });

/**
 * Parses the line that follows `before`. `event` is null if the line is damaged or has an event type that this version
 * does not know. Throws StoreError if a newer version wrote the line in another format.
 *
 * @param dir the run's folder, for the error
 */
export function readEventLine(
  line: string,
  before: LogPosition,
  dir: string,
): { event: StampedEvent | null; at: LogPosition } {
  const value = parse(line);
  refuseNewer(value, dir);
  const stamp = stampShape.safeParse(value).data;
  const event = storedEvent.safeParse(value).data;
  if (stamp === undefined) return { event: null, at: before };
  if (stamp.v === undefined) {
    if (event === undefined) return { event: null, at: before };
    const run = event.type === 'run-start' ? event.runId : before.run;
    const seq = before.seq + 1;
    return { event: { v: EVENT_FORMAT, run, seq, at: stamp.at, ...event }, at: { seq, run } };
  }
  const at = { seq: stamp.seq, run: stamp.run };
  return { event: event === undefined ? null : { ...stamp, ...event }, at };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function refuseNewer(value: unknown, dir: string): void {
  const format = formatShape.safeParse(value).data;
  if (format === undefined || format.v <= EVENT_FORMAT) return;
  throw new StoreError(
    `The event log of the run in ${dir} has format ${format.v}; this version of rzero reads formats up to ${EVENT_FORMAT}.`,
    'Update rzero: npm install rzero@latest.',
  );
}
