/** Checks that SQLite, which stores runs, loads, writes and reads. */

import { messageOf } from '../../errors.ts';
import type { Check } from './check.ts';

export async function checkSqlite(): Promise<Check> {
  try {
    const { DatabaseSync } = await import('@photostructure/sqlite');
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE probe (value INTEGER); INSERT INTO probe VALUES (42)');
    const row = database.prepare('SELECT value, sqlite_version() AS version FROM probe').get();
    database.close();
    const { value, version } = Object(row);
    if (value !== 42) throw new Error(`wrote 42 and read ${String(value)}`);
    return { name: 'SQLite', state: 'good', found: `${String(version)} writes and reads`, advice: null };
  } catch (error) {
    return {
      name: 'SQLite',
      state: 'missing',
      found: messageOf(error).split('\n')[0].slice(0, 300),
      advice: 'Run `npm rebuild @photostructure/sqlite`, which compiles the driver where no prebuilt binary fits.',
    };
  }
}
