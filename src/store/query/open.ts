/** Opens a run's database so that nothing can be written through it, and limits what a statement may do. */

import { constants } from '@photostructure/sqlite';
import type { Database } from '../database.ts';
import { connectOnlyToRead, type ReadDatabase } from '../read-only.ts';

/** Functions that reach beyond the database. */
const REFUSED: ReadonlySet<string> = new Set(['load_extension', 'fts3_tokenizer']);
/** Pragmas that only describe. */
const DESCRIBING: ReadonlySet<string> = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'foreign_key_list',
  'user_version',
  'function_list',
  'compile_options',
]);
/** Bytes of the longest text, BLOB or row. */
const LONGEST = 100_000_000;
const LONGEST_SQL = 1_000_000;

/** Opens the database `file` in `dir` for queries. Throws SQLite's or the file system's error. */
export function openForQueries(dir: string, file: string): ReadDatabase {
  const opened = connectOnlyToRead(dir, file);
  restrict(opened.database);
  return opened;
}

/** Takes from a connection every means to change something. It cannot be undone by a statement. */
export function restrict(database: Database): void {
  database.enableDefensive(true);
  database.exec('PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;');
  database.limits.length = LONGEST;
  database.limits.sqlLength = LONGEST_SQL;
  database.limits.attach = 0;
  database.setAuthorizer((action, first, second) => (isReading(action, first, second) ? OK : DENY));
}

const { SQLITE_OK: OK, SQLITE_DENY: DENY } = constants;

function isReading(action: number, first: string | null, second: string | null): boolean {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_READ:
    case constants.SQLITE_RECURSIVE:
      return true;
    case constants.SQLITE_FUNCTION:
      return !REFUSED.has((second ?? '').toLowerCase());
    case constants.SQLITE_PRAGMA:
      return DESCRIBING.has((first ?? '').toLowerCase());
    default:
      return false;
  }
}
