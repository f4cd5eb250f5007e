import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import { DATABASE_FILE, rows, transaction } from './database.ts';
import type { Database } from './database.ts';
import { storeError } from './failures.ts';
import { RZERO_VERSION } from './version.ts';

/** The schema version of a database. */
export interface SchemaState {
  /** Number of migrations applied; 0 for an empty database. */
  version: number;
  /** Version of rzero that applied the last one; null for an empty database. */
  madeBy: string | null;
}

/** Reads the schema version without changing the database. */
function schemaState(database: Database): SchemaState {
  const tables = rows(
    database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'"),
  );
  if (tables.length === 0) return { version: 0, madeBy: null };
  const [newest] = rows(
    database.prepare('SELECT version, rzero_version FROM schema_version ORDER BY version DESC LIMIT 1'),
  );
  return newest === undefined
    ? { version: 0, madeBy: null }
    : { version: Number(newest.version), madeBy: String(newest.rzero_version) };
}

/** Returns whether the database lacks some of `migrations`. Throws StoreError if a newer rzero made it. */
export function needsMigration(database: Database, dir: string, migrations: readonly string[]): boolean {
  let state: SchemaState;
  try {
    state = schemaState(database);
  } catch (error) {
    throw storeError(error, dir, 'read the schema version');
  }
  if (state.version <= migrations.length) return state.version < migrations.length;
  throw new StoreError(
    `The run in ${dir} has schema ${state.version}, made by rzero ${state.madeBy}; this is rzero ${RZERO_VERSION}, which knows schemas up to ${migrations.length}.`,
    `Upgrade rzero to ${state.madeBy} or newer: npm install rzero@latest`,
  );
}

/**
 * Updates an existing database: writes the backup `run.db.vN.bak`, then applies all missing migrations in one
 * transaction. Returns the backup's path.
 */
export function migrate(database: Database, dir: string, migrations: readonly string[]): string {
  try {
    const backup = backUp(database, dir);
    transaction(database, () => applyMigrations(database, migrations));
    return backup;
  } catch (error) {
    throw storeError(error, dir, 'bring the database up to date');
  }
}

/** Applies the missing migrations inside the caller's transaction. */
export function applyMigrations(database: Database, migrations: readonly string[]): void {
  database.exec(
    'CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, rzero_version TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
  );
  const record = database.prepare('INSERT INTO schema_version VALUES (?, ?, ?)');
  for (let version = schemaState(database).version; version < migrations.length; version++) {
    database.exec(migrations[version]);
    record.run(version + 1, RZERO_VERSION, new Date().toISOString());
  }
}

/** Makes a consistent copy, including the write-ahead log. The file appears only when it is complete. */
function backUp(database: Database, dir: string): string {
  const path = join(dir, `${DATABASE_FILE}.v${schemaState(database).version}.bak`);
  const temp = `${path}.part`;
  rmSync(temp, { force: true });
  database.prepare('VACUUM INTO ?').run(temp);
  renameSync(temp, path);
  return path;
}
