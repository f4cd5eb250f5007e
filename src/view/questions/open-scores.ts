/** Reads what scorers and hints say of a task of an open domain. */

import { HINTED_PAIRS, SCORED_TASKS } from '../../loop/open/partials.ts';
import { type Database, rows } from '../../store/database.ts';
import { type PartialKind, readPartial } from '../../store/partials.ts';
import type { OpenScores, QuestionRow } from './types.ts';

/** Returns the scores of a task of the pool; null for another question, and in runs that vote. */
export function readOpenScores(database: Database, { id, iteration, origin }: QuestionRow): OpenScores | null {
  if (origin !== 'pool') return null;
  const scored = partialsOf(database, SCORED_TASKS, iteration).find((one) => one.id === id);
  if (scored !== undefined) return { scores: scored.scores, shift: null };
  const pair = partialsOf(database, HINTED_PAIRS, iteration).find((one) => one.id === id);
  return pair === undefined ? null : { scores: {}, shift: pair.shift };
}

function partialsOf<T>(database: Database, kind: PartialKind<T[]>, iteration: number): T[] {
  const found = database.prepare('SELECT step, json FROM partials WHERE iteration = ? AND stage = ? ORDER BY step');
  return rows<{ step: number; json: string }>(found, iteration, kind.name).flatMap(
    (row) => readPartial(kind, iteration, row).value,
  );
}
