/** Puts an evaluation aside, so that a new one can start in its folder. Nothing is deleted. */

import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EvalError } from '../../errors.ts';
import { acquireLock } from '../../store/lock.ts';
import { evaluatedFiles } from './evaluated-files.ts';
import { differencesBetween, type EvaluationAbout, isEvaluation, LOG_FILE, readLog } from './log.ts';

/** Returns whether the evaluation in a folder, if there is one, is of this model with these settings. */
export async function canContinue(dir: string, about: EvaluationAbout): Promise<boolean> {
  if (!isEvaluation(dir)) return true;
  const log = readLog(dir);
  const stored = log.about();
  log.close();
  if (differencesBetween(stored, about).length > 0) return false;
  try {
    await evaluatedFiles(dir, about.model);
    return true;
  } catch (error) {
    // The files of the model have changed.
    if (error instanceof EvalError) return false;
    throw error;
  }
}

/** Files of one database in SQLite's write-ahead mode. */
const PARTS = ['', '-wal', '-shm'];

/** Renames the evaluation in a folder to `eval.1.db`, `eval.2.db`, … Throws StoreError if it is in use. */
export function putAside(dir: string): void {
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
