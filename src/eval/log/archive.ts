/** Puts an evaluation with other settings aside, so that a new one can start in its folder. Nothing is deleted. */

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from '../../store/lock.ts';
import { differencesBetween, type EvaluationAbout, isEvaluation, LOG_FILE, readLog } from './log.ts';

/** Files of one database in SQLite's write-ahead mode. */
const PARTS = ['', '-wal', '-shm'];

/**
 * Renames the evaluation in a folder to `eval.1.db`, `eval.2.db`, … if it is of another model or has other settings.
 * Throws StoreError if it is in use.
 */
export function archiveUnlike(dir: string, about: EvaluationAbout): void {
  if (!isEvaluation(dir)) return;
  const log = readLog(dir);
  const stored = log.about();
  log.close();
  if (differencesBetween(stored, about).length === 0) return;
  const release = acquireLock(dir);
  try {
    const name = freeName(dir);
    for (const part of PARTS) {
      const path = join(dir, LOG_FILE + part);
      if (existsSync(path)) renameSync(path, join(dir, name + part));
    }
  } finally {
    release();
  }
}

function freeName(dir: string): string {
  for (let number = 1; ; number++) {
    const name = `eval.${number}.db`;
    if (!existsSync(join(dir, name))) return name;
  }
}
