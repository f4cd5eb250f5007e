/**
 * `events.jsonl` in a run's folder: one stamped event per line, without passing ones. For people and tools that follow
 * a run; nothing is decided from it (the database is the source of truth), so it is not synced. A line that a kill
 * truncated is skipped when the log is read. Next: `event-line.ts` (one line), `follow-events.ts` (a log that grows).
 */

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StampedEvent } from '../../events.ts';
import { BEGINNING, readEventLine } from './event-line.ts';
import { storeError } from '../failures.ts';

export const EVENTS_FILE = 'events.jsonl';

const NEWLINE = 0x0a;

/** Appends one event. A truncated last line is ended first, so that it spoils no other. Throws StoreError (full disk). */
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
  /** In order. Events of a log without numbers are numbered by their position. */
  events: StampedEvent[];
  /** Lines that hold no event that this version knows. */
  skipped: number;
  /** Number of the last event, known or not; 0 in an empty log. */
  last: number;
}

/** The whole log of the run in `dir`; an absent one is empty. StoreError where a newer version wrote it. */
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
