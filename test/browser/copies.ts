/** Copies of the shared run in other states, made by changing their databases. */

import { DatabaseSync } from '@photostructure/sqlite';
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns a new folder for runs. Remove it after the tests. */
export function newRunsFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rzero-page-'));
}

/** Copies the run in `shared` to `folder/name`, and changes its database with `sql`. */
export function copyRun(shared: string, folder: string, name: string, sql = ''): void {
  const [run] = readdirSync(shared);
  const to = join(folder, name);
  cpSync(join(shared, run), to, { recursive: true, filter: (path) => !path.includes('weights') });
  if (sql === '') return;
  const database = new DatabaseSync(join(to, 'run.db'));
  try {
    database.exec(sql);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

/** A run that was killed while it trained the Solver of iteration 2. */
export const KILLED = `
  DELETE FROM summary;
  UPDATE cursor SET iteration = 2, stage = 'train-solver', step = 2;
  UPDATE sessions SET ended_at = NULL, outcome = NULL, reason = NULL;
  DELETE FROM evaluations WHERE iteration = 2;
  DELETE FROM metrics WHERE iteration = 2 AND (stage = 'evaluate' OR (stage = 'train-solver' AND step > 1));`;

/** A run that its user stopped before the votes of iteration 2. */
export const STOPPED = `
  DELETE FROM summary;
  UPDATE cursor SET iteration = 2, stage = 'vote', step = 0;
  UPDATE sessions SET outcome = 'stopped', reason = '';
  DELETE FROM evaluations WHERE iteration = 2;
  DELETE FROM labels WHERE question_id LIKE 'q-2-%';
  DELETE FROM metrics WHERE iteration = 2 AND stage NOT IN ('train-challenger', 'propose');`;

/** A run whose Solver was trained for 100,000 steps in its last iteration. */
export const LONG = `
  WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
  INSERT INTO metrics (iteration, stage, step, name, value)
    SELECT 2, 'train-solver', i, 'solver/entropy', 0.2 + 0.1 * ((i * 7919) % 1000) / 1000.0 FROM n;
  UPDATE metrics SET value = 5 WHERE name = 'solver/entropy' AND step = 54321;`;
