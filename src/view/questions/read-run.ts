/** What the views of questions read of a run besides its questions: its settings, its domain, and whether it changed. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import { findDomain } from '../../domains/open-domain.ts';
import { isModulePath } from '../../modules.ts';
import { type Database, DATABASE_FILE } from '../../store/database.ts';
import { storeError } from '../../store/failures.ts';
import { connectToRead } from '../../store/read-only.ts';

/** Runs `work` with the database of a run, open for reading. Throws StoreError if it cannot be read. */
export function withDatabase<T>(dir: string, work: (database: Database) => T): T {
  try {
    const { database, close } = connectToRead(dir, DATABASE_FILE);
    try {
      return work(database);
    } finally {
      close();
    }
  } catch (error) {
    throw storeError(error, dir, 'read the questions');
  }
}

/** Returns a text that changes with every commit to a run, and when the folder holds another run. */
export function stampOf(dir: string): string {
  return ['', '-wal']
    .map((part) => statSync(join(dir, DATABASE_FILE + part), { bigint: true, throwIfNoEntry: false }))
    .map((found) => (found === undefined || found.size === 0n ? '-' : `${found.ino}:${found.size}:${found.mtimeNs}`))
    .join(' ');
}

/**
 * Returns the domain of a run, if it is built in. Looking at a run never loads code: a domain of your own has no
 * difficulty, truth or test here, except what the run stored.
 */
export function builtInDomain({ domain }: Pick<RunConfig, 'domain'>): Domain | null {
  return isModulePath(domain) ? null : findDomain(domain);
}
