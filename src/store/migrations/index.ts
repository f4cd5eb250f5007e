/**
 * The schema of `run.db` as numbered SQL steps: entry i updates a database from version i to i + 1.
 * Released entries never change; a schema change is a new entry. Next: `../migrate.ts` applies them.
 */

import { init } from './001-init.ts';
import { anyRole } from './002-any-role.ts';
import { stepRecords } from './003-step-records.ts';
import { sessions } from './004-sessions.ts';
import { wordings } from './005-wordings.ts';

/** SQL texts in order; the schema version is the number of applied entries. */
export const MIGRATIONS: readonly string[] = [init, anyRole, stepRecords, sessions, wordings];
