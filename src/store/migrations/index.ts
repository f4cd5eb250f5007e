/**
 * The schema of `run.db`, as numbered steps of SQL: entry i brings a database from version i to i + 1.
 * A released entry never changes; a new shape is a new entry. Next: `../migrate.ts` applies them.
 */

import { init } from './001-init.ts';
import { anyRole } from './002-any-role.ts';

/** SQL texts in order; the schema version is how many were applied. */
export const MIGRATIONS: readonly string[] = [init, anyRole];
