/**
 * Brings the stored questions of a task into the order in which they are asked now. A question is recognised by its
 * content: text, choices and prompt. Its answers move with it, so that a data file may gain, lose and reorder rows, and
 * only new questions are asked. Answers to removed questions are kept apart and count again if the question returns.
 */

import { type Database, put, rows } from '../../store/database.ts';

/** First position of questions that the data no longer contains. No test has so many questions. */
const REMOVED = 1_000_000_000;

type StoredItem = Pick<PlacedItem, 'position' | 'question' | 'choices' | 'prompt' | 'reference'>;

/** A question at its new place. */
export interface PlacedItem {
  position: number;
  id: string;
  question: string;
  choices: string | null;
  reference: string;
  category: string | null;
  prompt: string;
}

const TABLES = ['items', 'samples', 'majorities', 'judgements'];

/**
 * Stores the questions of a task at their positions, in a transaction of the caller. Answers to a question whose
 * reference changed are graded again, and lose their judgement.
 */
export function arrangeItems(database: Database, task: string, items: readonly PlacedItem[]): void {
  const stored = rows<StoredItem>(
    database.prepare(
      'SELECT position, question, choices, prompt, reference FROM items WHERE task = ? ORDER BY position',
    ),
    task,
  );
  const moves = movesOf(stored, items);
  move(database, task, moves);
  const insert = database.prepare('INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const update = database.prepare('UPDATE items SET id = ?, category = ? WHERE task = ? AND position = ?');
  const references = new Map(stored.map(({ position, reference }) => [moves.get(position) ?? position, reference]));
  for (const { position, id, question, choices, reference, category, prompt } of items) {
    put(insert, task, position, id, question, choices, reference, category, prompt);
    if (moves.size > 0) put(update, id, category, task, position);
    if ((references.get(position) ?? reference) !== reference) changeReference(database, task, { position, reference });
  }
}

function keyOf({ question, choices, prompt }: Pick<StoredItem, 'question' | 'choices' | 'prompt'>): string {
  return JSON.stringify([question, choices, prompt]);
}

/** Returns the new positions of the stored questions that have to move. */
function movesOf(stored: readonly StoredItem[], items: readonly PlacedItem[]): Map<number, number> {
  const waiting = new Map<string, number[]>();
  for (const item of stored.toReversed()) {
    const key = keyOf(item);
    waiting.set(key, waiting.get(key) ?? []);
    waiting.get(key)?.push(item.position);
  }
  const targets = new Map<number, number>();
  for (const item of items) {
    const from = waiting.get(keyOf(item))?.pop();
    if (from !== undefined) targets.set(from, item.position);
  }
  // A question that is not asked now stays, unless another one takes its place.
  const taken = new Set(items.map(({ position }) => position));
  let next = stored.reduce((last, { position }) => Math.max(last, position), REMOVED - 1);
  for (const { position } of stored) {
    if (!targets.has(position) && taken.has(position)) targets.set(position, ++next);
  }
  return new Map([...targets].filter(([from, to]) => from !== to));
}

/** Moves all rows of the questions, by way of negative positions, because places are exchanged. */
function move(database: Database, task: string, moves: ReadonlyMap<number, number>): void {
  if (moves.size === 0) return;
  database.exec('PRAGMA defer_foreign_keys = ON');
  for (const table of TABLES) {
    const shift = database.prepare(`UPDATE ${table} SET position = ? WHERE task = ? AND position = ?`);
    for (const from of moves.keys()) put(shift, -1 - from, task, from);
    for (const [from, to] of moves) put(shift, to, task, -1 - from);
  }
}

function changeReference(
  database: Database,
  task: string,
  { position, reference }: Pick<PlacedItem, 'position' | 'reference'>,
): void {
  put(database.prepare('UPDATE items SET reference = ? WHERE task = ? AND position = ?'), reference, task, position);
  for (const sql of [
    'UPDATE samples SET verdict = NULL, reason = NULL WHERE task = ? AND position = ?',
    'DELETE FROM majorities WHERE task = ? AND position = ?',
    'DELETE FROM judgements WHERE task = ? AND position = ?',
  ]) {
    put(database.prepare(sql), task, position);
  }
}
