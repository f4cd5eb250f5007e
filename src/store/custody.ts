/**
 * Sole use of a folder with a database: the lock, and a check before every write that the folder, the database and the
 * lock are still those that this process opened. SQLite itself would continue to write to a deleted or moved file.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import { moved } from './failures.ts';
import { acquireLock, requireLock } from './lock.ts';

export interface Custody {
  /** Throws StoreError if the folder was moved or deleted, the database replaced, or the lock removed or taken over. */
  check(): void;
  /** Removes the lock, unless another process has taken it over. */
  release(): void;
}

/** Locks `dir`. `file` is the name of its database, which is remembered at the first check. */
export function takeCustody(dir: string, file: string): Custody {
  const release = acquireLock(dir);
  const path = join(dir, file);
  let own: string | null = null;
  return {
    check() {
      const found = identityOf(path);
      if (found === null) throw moved(dir);
      own ??= found;
      if (found !== own) throw replaced(path);
      requireLock(dir);
    },
    release,
  };
}

/** Returns an identity of the file itself, whatever its name; null if there is none. */
function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

function replaced(path: string): StoreError {
  return new StoreError(
    `The database ${path} was replaced by another file while it was in use.`,
    'Nothing was written to the new file. Put the right file there, and continue.',
  );
}
