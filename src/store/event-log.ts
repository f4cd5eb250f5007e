/**
 * `events.jsonl` in a run's folder: every event, one JSON object a line, with the time it happened. For
 * people and tools to follow a run; nothing is decided from it (the database is the truth), so it is not
 * synced, and a line that a kill tore is skipped by the reader.
 */

import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../events.ts';
import { storeError } from './failures.ts';

export const EVENTS_FILE = 'events.jsonl';

/** An event as logged; `at` is ISO 8601 in UTC. */
export type LoggedEvent = RunEvent & { at: string };

const NEWLINE = 0x0a;

/** Appends one event. A torn last line is closed first, so it cannot swallow this one. Throws StoreError (full disk). */
export function appendEvent(dir: string, event: RunEvent): void {
  try {
    const file = openSync(join(dir, EVENTS_FILE), 'a+');
    try {
      const line = `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`;
      writeAll(file, Buffer.from(endsTorn(file) ? `\n${line}` : line));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw storeError(error, dir, 'append to the event log');
  }
}

/** All whole events in order, and how many lines could not be read. An absent log is empty. */
export function readEvents(dir: string): { events: LoggedEvent[]; torn: number } {
  const path = join(dir, EVENTS_FILE);
  if (!existsSync(path)) return { events: [], torn: 0 };
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const events = lines.map(parseLine).filter((event) => event !== null);
  return { events, torn: lines.length - events.length };
}

function parseLine(line: string): LoggedEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is LoggedEvent {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'at' in value
  );
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
