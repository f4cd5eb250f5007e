/**
 * `events.jsonl` in a run's folder: one event per line with run, number and time; passing events are left out. It is
 * for people and tools that follow a run. The program itself reads the database instead, so the log is not synced. A
 * line that was truncated by a kill is skipped. Next: `event-line.ts` (one line), `follow-events.ts` (a growing log).
 */

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StampedEvent } from '../../events.ts';
import { BEGINNING, readEventLine } from './event-line.ts';
import { storeError } from '../failures.ts';

export const EVENTS_FILE = 'events.jsonl';

const NEWLINE = 0x0a;

/**
 * Appends one event. Ends a truncated last line first, so that the new line stays readable. Throws StoreError, e.g. on
 * a full disk.
 */
export function appendEvent(dir: string, event: StampedEvent): void {
  try {
    const file = openSync(join(dir, EVENTS_FILE), 'a+');
    try {
      const line = `${JSON.stringify(event)}\n`;
      writeAll(file, Buffer.from(endsTorn(file) ? `\n${line}` : line));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw storeError(error, dir, 'append to the event log');
  }
}

export interface ReadLog {
  /** In order. Events of a log without numbers are numbered by position. */
  events: StampedEvent[];
  /** Number of lines without an event that this version knows. */
  skipped: number;
  /** Number of the last event, known or not; 0 in an empty log. */
  last: number;
}

/** Reads the whole log of the run in `dir`; a missing log is empty. Throws StoreError if a newer version wrote it. */
export function readEvents(dir: string): ReadLog {
  const path = join(dir, EVENTS_FILE);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const events: StampedEvent[] = [];
  let at = BEGINNING;
  let skipped = 0;
  for (const line of lines) {
    if (line === '') continue;
    const read = readEventLine(line, at, dir);
    if (read.event === null) skipped++;
    else events.push(read.event);
    at = read.at;
  }
  return { events, skipped, last: at.seq };
}

function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== NEWLINE;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
