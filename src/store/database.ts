import { DatabaseSync } from '@photostructure/sqlite';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreError, messageOf } from '../errors.ts';
import { corrupted, storeError } from './failures.ts';

export type Database = InstanceType<typeof DatabaseSync>;
export type Statement = ReturnType<Database['prepare']>;
export type Sql = string | number | null;

export const DATABASE_FILE = 'run.db';

/**
 * Opens (and creates) the database file of the run in `dir`, or another `file` there. Write-ahead log with a sync at every commit:
 * a commit that returned survives a power cut, and readers never wait for the writer.
 */
export function connect(dir: string, file = DATABASE_FILE): Database {
  try {
    const database = new DatabaseSync(join(dir, file), { timeout: 5000 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
    return database;
  } catch (error) {
    throw storeError(error, dir, 'open the database');
  }
}

/**
 * Closes a database. The package frees prepared statements only when they are collected, so SQLite itself
 * puts the end of the work off: the log is written into `run.db` here, before. A log that cannot be written
 * back (full disk) is no loss, since it is read with the database.
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

/** Reads the whole file for damage; throws StoreError. */
export function checkIntegrity(database: Database, dir: string): void {
  let verdict: unknown;
  try {
    verdict = Object.values(rows(database.prepare('PRAGMA quick_check(1)'))[0] ?? {})[0];
  } catch (error) {
    throw storeError(error, dir, 'read the database');
  }
  if (verdict !== 'ok') throw corrupted(dir, String(verdict));
}

/** Runs `work` in one transaction: all of it becomes durable, or nothing. */
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

/** A full disk may have rolled back already, or may refuse: an unfinished transaction is void either way. */
function rollBack(database: Database): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
  } catch (error) {
    process.emitWarning(`rollback: ${messageOf(error)}`);
  }
}

/** Runs a statement that writes; texts and numbers arrive exactly (but -0 as 0). */
export function put(statement: Statement, ...values: Sql[]): void {
  statement.run(...values.map(bindable));
}

/** The database binding ends a text at its first NUL, and takes a number below 2^-52 for the integer 0. */
function bindable(value: Sql): Sql {
  if (typeof value === 'string') return escapeNul(value);
  // A REAL column turns the text back into the same number.
  return typeof value === 'number' && value > 0 && value < Number.EPSILON ? String(value) : value;
}

/** All rows of a query, with the column types that the (strict) schema promises. */
export function rows<Row = Record<string, unknown>>(statement: Statement, ...values: Sql[]): Row[] {
  const found: Record<string, unknown>[] = statement.all(...values);
  for (const row of found) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === 'string' && value.includes(ESCAPE)) row[name] = unescapeNul(value);
    }
  }
  return found as Row[];
}

/** A private-use character that marks an escape in stored text. */
const ESCAPE = '\u{f0000}';

function escapeNul(text: string): string {
  if (!text.includes('\0') && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}1`).replaceAll('\0', `${ESCAPE}0`);
}

function unescapeNul(text: string): string {
  return text.replaceAll(`${ESCAPE}0`, '\0').replaceAll(`${ESCAPE}1`, ESCAPE);
}

/** Throws a StoreError that lists the other runs of the parent folder unless `dir` holds a run. */
export function requireRun(dir: string): void {
  if (existsSync(join(dir, DATABASE_FILE))) return;
  const siblings = runFolders(dirname(dir));
  const list =
    siblings.length === 0
      ? `There are no runs in ${dirname(dir)}.`
      : `Runs in ${dirname(dir)}: ${siblings.join(', ')}.`;
  throw new StoreError(`There is no run in ${dir}. ${list}`, 'Name one of them, or start one with `rzero evolve`.');
}

/** Names of the folders in `runsDir` that hold a run's database, sorted; none when there is no such folder. */
export function runFolders(runsDir: string): string[] {
  if (!existsSync(runsDir)) return [];
  return readdirSync(runsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(runsDir, entry.name, DATABASE_FILE)))
    .map((entry) => basename(entry.name))
    .toSorted();
}
