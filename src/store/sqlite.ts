/**
 * Stores a run on disk: one folder with `run.db` (this file), the resolved `config.toml` and `config.json`,
 * `events.jsonl`, a `lock` while a process writes, and the saved weights. It contains no logic of stages or cursors.
 * Next: `migrations/` (the tables), `writer.ts`, `reader.ts`, `runs.ts` (finding runs).
 */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { toToml } from '../config/toml.ts';
import { StoreError } from '../errors.ts';
import { removeQuietly, writeWhole } from '../files/atomic-file.ts';
import type { Cursor } from '../types.ts';
import { checkIntegrity, connect, DATABASE_FILE, disconnect, requireRun, rows, transaction } from './database.ts';
import type { Database } from './database.ts';
import { type Custody, takeCustody } from './custody.ts';
import { creationError, readError, resumeName, storeError } from './failures.ts';
import { LOCK_FILE } from './lock.ts';
import { applyMigrations, migrate, needsMigration } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { changedCopy, connectToRead, type ReadDatabase } from './read-only.ts';
import { hasTable, prepareOverview, prepareReader } from './reader.ts';
import { checkRoles, ROLE_NAMES } from './store.ts';
import type { RunMeta, RunStore, StoreOptions, Unit } from './store.ts';
import { prepareWriter } from './writer.ts';

/** The cursor of a new run. */
const START: Cursor = { iteration: 0, stage: 'baseline', step: 0 };

export interface OpenOptions extends StoreOptions {
  /** Takes no lock, changes no file and rejects `commit`; works while another process writes the run. */
  readOnly?: boolean;
  /** Schema steps, for tests of migrations. */
  migrations?: readonly string[];
}

/** What `createRun` writes, and removes again if it fails, so that the folder can be used again. */
const OWN_FILES = ['config.toml', 'config.json', DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`];

/**
 * Creates the run's folder and database, with the cursor at the baseline. Throws StoreError if the folder is not empty
 * or cannot be written.
 */
export function createRun(dir: string, meta: RunMeta, options: StoreOptions = {}): RunStore {
  const at = resolve(dir);
  makeFolder(at);
  const custody = creating(at, 'lock the run', () => takeCustody(at, DATABASE_FILE));
  let database: Database | undefined;
  try {
    writeConfig(at, meta.config);
    database = connect(at);
    begin(database, meta);
    custody.check();
    return runStoreOver(at, database, custody, options);
  } catch (error) {
    database?.close();
    for (const name of OWN_FILES) removeQuietly(join(at, name));
    custody.release();
    throw creationError(error, at, 'create the run');
  }
}

/**
 * Opens an existing run; an older schema is updated after a backup. Throws StoreError if there is no run, or if the run
 * is in use by another process, damaged, or made by a newer rzero. With `readOnly`, nothing in the run's folder changes:
 * an older schema is updated in a temporary copy.
 */
export function openRun(dir: string, options: OpenOptions = {}): RunStore {
  const at = resolve(dir);
  const migrations = options.migrations ?? MIGRATIONS;
  requireRun(at);
  if (options.readOnly === true) return openToRead(at, migrations, options);
  const custody = lock(at);
  let database: Database | undefined;
  try {
    database = connect(at);
    checkIntegrity(database, at);
    if (needsMigration(database, at, migrations)) migrate(database, at, migrations);
    custody.check();
    return runStoreOver(at, database, custody, options);
  } catch (error) {
    database?.close();
    custody.release();
    throw storeError(error, at, 'open the run');
  }
}

function openToRead(dir: string, migrations: readonly string[], options: StoreOptions): RunStore {
  let opened: ReadDatabase | undefined;
  try {
    opened = connectMigrated(dir, migrations);
    const { database, close } = opened;
    return { ...runStoreOver(dir, database, undefined, options), close };
  } catch (error) {
    opened?.close();
    throw readError(error, dir);
  }
}

/** Opens the database of a run to read it; one of an older schema is updated in a temporary copy. */
function connectMigrated(dir: string, migrations: readonly string[]): ReadDatabase {
  const opened = connectToRead(dir, DATABASE_FILE);
  try {
    if (!needsMigration(opened.database, dir, migrations)) return opened;
    return changedCopy(opened, DATABASE_FILE, (copy) => transaction(copy, () => applyMigrations(copy, migrations)));
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** The tables of a run, read in pages: a table may be larger than the memory. */
export interface TableReader {
  /**
   * Yields the rows of a query in pages of at most `size`. The query has a column `row` that grows, and the parameters
   * `?1` (the last `row`, exclusive) and `?2` (the size of a page).
   */
  pages<Row extends { row: number }>(query: string, size: number): Generator<Row[]>;
  close(): void;
}

/** Opens the tables of a run for reading. Throws StoreError as `openRun`. */
export function openTables(dir: string): TableReader {
  const at = resolve(dir);
  requireRun(at);
  try {
    const { database, close } = connectMigrated(at, MIGRATIONS);
    return {
      *pages<Row extends { row: number }>(query: string, size: number) {
        const statement = guarded(at, 'read the run', () => database.prepare(query));
        for (let last = -1; ;) {
          const after = last;
          const page = guarded(at, 'read the run', () => rows<Row>(statement, after, size));
          if (page.length === 0) return;
          last = page[page.length - 1].row;
          yield page;
        }
      },
      close,
    };
  } catch (error) {
    throw readError(error, at);
  }
}

/** What a list shows of a run. */
export type RunOverview = Pick<RunStore, 'dir' | 'meta' | 'cursor' | 'evaluations' | 'sessions' | 'summary' | 'close'>;

/**
 * Opens a run to list it. Unlike `openRun`, it does not copy a database of an older schema, so that a list of large runs
 * is fast. Throws StoreError as `openRun`.
 */
export function openOverview(dir: string): RunOverview {
  const at = resolve(dir);
  requireRun(at);
  let opened: ReadDatabase | undefined;
  try {
    opened = connectToRead(at, DATABASE_FILE);
    needsMigration(opened.database, at, MIGRATIONS);
    return overviewOver(at, opened);
  } catch (error) {
    opened?.close();
    throw readError(error, at);
  }
}

function overviewOver(dir: string, { database, close }: ReadDatabase): RunOverview {
  if (!hasTable(database, 'run')) throw unfinished(dir);
  const reader = prepareOverview(database);
  const read = <T>(query: () => T): T => guarded(dir, 'read the run', query);
  const present = <T>(value: T | null): T => {
    if (value === null) throw unfinished(dir);
    return value;
  };
  read(() => present(reader.meta()));
  return {
    dir,
    meta: () => read(() => present(reader.meta())),
    cursor: () => read(() => present(reader.cursor())),
    evaluations: () => read(() => reader.evaluations()),
    sessions: () => read(() => reader.sessions()),
    summary: () => read(() => reader.summary()),
    close,
  };
}

/** Creates a store over an open database; without `custody` it is read-only. */
export function runStoreOver(
  dir: string,
  database: Database,
  custody: Custody | undefined,
  { roles = ROLE_NAMES }: StoreOptions = {},
): RunStore {
  const reader = prepareReader(database);
  const writer = prepareWriter(database);
  const read = <T>(query: () => T): T => guarded(dir, 'read the run', query);
  const present = <T>(value: T | null): T => {
    if (value === null) throw unfinished(dir);
    return value;
  };
  const owned = (): Custody => {
    if (custody !== undefined) return custody;
    throw new StoreError(`The run in ${dir} is open for reading only.`, 'Open it without `readOnly` to write.');
  };
  read(() => present(reader.meta()));
  return {
    dir,
    meta: () => read(() => present(reader.meta())),
    cursor: () => read(() => present(reader.cursor())),
    check: () => owned().check(),
    commit: (unit: Unit) => {
      const { check } = owned();
      checkRoles(unit, roles);
      guarded(dir, `commit ${unitName(unit)}`, () =>
        transaction(database, () => {
          check();
          writer.write(unit);
        }),
      );
      if (unit.iterations !== undefined || unit.engine !== undefined)
        writeConfig(dir, read(() => present(reader.meta())).config);
    },
    beginSession: () => {
      owned();
      const number = guarded(dir, 'record the session', () => writer.beginSession(new Date().toISOString()));
      return (end) =>
        guarded(dir, 'record the end of the session', () => writer.endSession(number, new Date().toISOString(), end));
    },
    sessions: () => read(() => reader.sessions()),
    questions: (filter) => read(() => reader.questions(filter)),
    earlierQuestionTexts: (before) => read(() => reader.earlierQuestionTexts(before)),
    attempts: (filter) => read(() => reader.attempts(filter)),
    poolOutcomes: (iteration) => read(() => reader.poolOutcomes(iteration)),
    labels: (iteration) => read(() => reader.labels(iteration)),
    rollouts: (filter) => read(() => reader.rollouts(filter)),
    trainingStep: (key) => read(() => reader.trainingStep(key)),
    metrics: (filter) => read(() => reader.metrics(filter)),
    evaluations: () => read(() => reader.evaluations()),
    partials: (kind, iteration) => read(() => reader.partials(kind, iteration)),
    weights: (role, iteration) => read(() => reader.weights(role, iteration)),
    allWeights: () => read(() => reader.allWeights()),
    summary: () => read(() => reader.summary()),
    close: () => {
      try {
        disconnect(database);
      } finally {
        custody?.release();
      }
    },
  };
}

/** Writes the config for people and tools to read. The program itself reads the database. */
function writeConfig(dir: string, config: RunConfig): void {
  writeWhole(join(dir, 'config.toml'), toToml(config));
  writeWhole(join(dir, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

function guarded<T>(dir: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, dir, doing);
  }
}

function creating<T>(dir: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw creationError(error, dir, doing);
  }
}

/** Creates tables, meta and the first cursor in one transaction, so that a database is either empty or complete. */
function begin(database: Database, meta: RunMeta): void {
  transaction(database, () => {
    applyMigrations(database, MIGRATIONS);
    const writer = prepareWriter(database);
    writer.writeMeta(meta);
    writer.write({ cursor: START });
  });
}

function makeFolder(dir: string): void {
  creating(dir, 'make the folder of the run', () => mkdirSync(dir, { recursive: true }));
  const inside = readdirSync(dir).filter((name) => name !== LOCK_FILE);
  if (inside.length === 0) return;
  const run = existsSync(join(dir, 'run.db'));
  throw new StoreError(
    `${dir} already contains ${run ? 'a run' : `other files (${inside.slice(0, 3).join(', ')})`}.`,
    run
      ? `Continue it with \`rzero resume ${resumeName(dir)}\`, or choose another folder.`
      : 'Choose another folder, or empty this one.',
  );
}

function lock(dir: string): Custody {
  return guarded(dir, 'lock the run', () => takeCustody(dir, DATABASE_FILE));
}

function unitName({ cursor }: Unit): string {
  return `the work before iteration ${cursor.iteration}, ${cursor.stage}, step ${cursor.step}`;
}

function unfinished(dir: string): StoreError {
  return new StoreError(
    `The run in ${dir} was stopped before it began: its database is empty.`,
    `Delete ${dir} and start again with \`rzero evolve\`.`,
  );
}
