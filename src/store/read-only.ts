/**
 * Opens a database for reading, without changing anything in its folder. A folder that this process may not write (a
 * read-only disk, another user's run) needs care, because SQLite reads a database with a write-ahead log through two more
 * files, which it cannot create there.
 */

import { DatabaseSync } from '@photostructure/sqlite';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Database, disconnect } from './database.ts';

/** A database that is only read. `close` also removes a temporary copy. */
export interface ReadDatabase {
  database: Database;
  close(): void;
}

/** Returns whether this process may write a file or folder. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Opens a database to read it; works while another process writes it. Throws SQLite's or the file system's error. */
export function connectToRead(dir: string, file: string): ReadDatabase {
  const path = join(dir, file);
  if (isWritable(dir) && isWritable(path)) {
    const database = connect(dir, file);
    return { database, close: () => disconnect(database) };
  }
  return connectOnlyToRead(dir, file);
}

/**
 * Opens a database in SQLite's read-only mode, or a copy of it if a killed process left commits that only a writer could
 * read. Throws SQLite's or the file system's error.
 */
export function connectOnlyToRead(dir: string, file: string): ReadDatabase {
  const path = join(dir, file);
  return sharedLog(path) ?? (hasLog(path) ? recovered(dir, file) : unchanging(path));
}

/**
 * Copies a database to a temporary folder, where `change` may change it. Closes the given one.
 * @param change receives the copy
 */
export function changedCopy(
  from: ReadDatabase,
  file: string,
  change: (copy: Database, dir: string) => void,
): ReadDatabase {
  return inTemporary((dir) => {
    try {
      from.database.prepare('VACUUM INTO ?').run(join(dir, file));
    } finally {
      from.close();
    }
    const database = connect(dir, file);
    change(database, dir);
    return database;
  });
}

/**
 * Opens a database whose two other files exist, because a process writes it or was killed. Returns null if they do not
 * exist or cannot be used.
 */
function sharedLog(path: string): ReadDatabase | null {
  if (!existsSync(`${path}-shm`) || !existsSync(`${path}-wal`)) return null;
  let database: Database | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return closing(database);
  } catch {
    database?.close();
    return null;
  }
}

/** Returns whether a killed process left commits in the write-ahead log. */
function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

/** Copies a database with its write-ahead log, which SQLite then reads into the copy. */
function recovered(dir: string, file: string): ReadDatabase {
  return inTemporary((copy) => {
    for (const name of [file, `${file}-wal`]) {
      copyFileSync(join(dir, name), join(copy, name));
      // The copy of a read-only file is read-only too.
      chmodSync(join(copy, name), 0o600);
    }
    return connect(copy, file);
  });
}

/** Opens a complete database that no process writes. */
function unchanging(path: string): ReadDatabase {
  const address = pathToFileURL(path);
  address.searchParams.set('immutable', '1');
  return closing(new DatabaseSync(address.href, { readOnly: true }));
}

function closing(database: Database): ReadDatabase {
  return { database, close: () => database.isOpen && database.close() };
}

function inTemporary(open: (dir: string) => Database): ReadDatabase {
  const dir = mkdtempSync(join(tmpdir(), 'rzero-read-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    const database = open(dir);
    return {
      database,
      close() {
        if (database.isOpen) database.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
