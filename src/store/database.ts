import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreError, messageOf } from '../errors.ts';
import { corrupted, storeError } from './failures.ts';

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database['prepare']>;
export type Sql = string | number | null | Uint8Array;

export const DATABASE_FILE = 'run.db';

/**
 * Opens or creates the database file of the run in `dir`, or another `file` in it. It uses a write-ahead log with a
 * sync at every commit: a commit that returned survives a power cut, and readers never wait for the writer. Throws SQLite's
 * error.
 */
export function connect(dir: string, file = DATABASE_FILE): Database {
  const database = new DatabaseSync(join(dir, file), { timeout: 5000 });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Closes a database. The package frees prepared statements only on garbage collection, which delays SQLite's own final
 * checkpoint, so the write-ahead log is written into `run.db` here first. If that fails (full disk), no data is lost,
 * because the log is read together with the database.
 */
export function disconnect(database: Database): void {
  if (!database.isOpen) return;
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    process.emitWarning(`The write-ahead log stays next to the database: ${messageOf(error)}`);
  }
  database.close();
}

/** Checks the whole file for damage. Throws StoreError if it is damaged. */
export function checkIntegrity(database: Database, dir: string): void {
  let verdict: unknown;
  try {
    verdict = Object.values(rows(database.prepare('PRAGMA quick_check(1)'))[0] ?? {})[0];
  } catch (error) {
    throw storeError(error, dir, 'read the database');
  }
  if (verdict !== 'ok') throw corrupted(dir, String(verdict));
}

/** Runs `work` in one transaction: either all of it becomes durable or none. */
export function transaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/**
 * Rolls back. On a full disk, SQLite may have rolled back already or may refuse; the transaction is void either way.
 */
function rollBack(database: Database): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch (error) {
    process.emitWarning(`rollback: ${messageOf(error)}`);
  }
}

/** Runs a statement that writes. Texts and numbers are stored exactly, except that -0 becomes 0. */
export function put(statement: Statement, ...values: Sql[]): void {
  statement.run(...values.map(bindable));
}

/** Works around the database binding, which cuts a text at its first NUL and stores a number below 2^-52 as 0. */
function bindable(value: Sql): Sql {
  if (typeof value === 'string') return escapeNul(value);
  // A REAL column converts the text back to the same number.
  return typeof value === 'number' && value > 0 && value < Number.EPSILON ? String(value) : value;
}

/** Returns all rows of a query. The column types are those of the strict schema. */
export function rows<Row = Record<string, unknown>>(statement: Statement, ...values: Sql[]): Row[] {
  const found: Record<string, unknown>[] = statement.all(...values);
  for (const row of found) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === 'string' && value.includes(ESCAPE)) row[name] = unescapeNul(value);
    }
  }
  return found as Row[];
}

/** Private-use character that marks an escape in stored text. */
const ESCAPE = '\u{f0000}';

function escapeNul(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}1`).replaceAll('\0', `${ESCAPE}0`);
}

function unescapeNul(text: string): string {
  return text.replaceAll(`${ESCAPE}0`, '\0').replaceAll(`${ESCAPE}1`, ESCAPE);
}

/** Throws StoreError, with the other runs of the parent folder, if `dir` does not contain a run. */
export function requireRun(dir: string): void {
  if (existsSync(join(dir, DATABASE_FILE))) return;
  const runsDir = dirname(dir);
  const names = runFolders(runsDir);
  throw missingRun(`There is no run in ${dir}.`, { names, shown: `Runs in ${runsDir}: ${names.join(', ')}.`, runsDir });
}

/**
 * Creates the StoreError for a run that does not exist.
 * @param others the names of the runs in `runsDir`, and a sentence that shows some of them
 */
export function missingRun(
  what: string,
  { names, shown, runsDir }: { names: readonly string[]; shown: string; runsDir: string },
): StoreError {
  if (names.length > 0)
    return new StoreError(`${what} ${shown}`, 'Name one of them, or start one with `rzero evolve`.');
  const advice = 'Start one with `rzero evolve`, or name another folder of runs with --runs-dir.';
  return new StoreError(`${what} There are no runs in ${runsDir}.`, advice);
}

/**
 * Returns the sorted names of the folders in `runsDir` that contain a run's database; empty if `runsDir` does not
 * exist.
 */
export function runFolders(runsDir: string): string[] {
  if (!existsSync(runsDir)) return [];
  return readdirSync(runsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(runsDir, entry.name, DATABASE_FILE)))
    .map((entry) => basename(entry.name))
    .toSorted();
}
