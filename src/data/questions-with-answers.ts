/** Questions with known answers from a data file, for supervised training and for planted questions. */

import { extractAnswer } from '../answers/read/conventions.ts';
import { ConfigError } from '../errors.ts';
import type { QuestionWithAnswer } from '../types.ts';
import { type PlacedRow, readRows } from './rows.ts';

/** Names of the columns. */
export interface AnswerColumns {
  question: string;
  answer: string;
}

/**
 * Reads all questions of a file that `readRows` supports, in file order; repeated rows are kept. If an answer is a
 * worked solution, its final answer is the content of its last `\boxed{}`, or the text after its last `####` (GSM8K's
 * convention). Throws ConfigError for a file without rows, and for a question or answer that is empty or neither a text
 * nor a number.
 */
export async function readQuestionsWithAnswers(path: string, columns: AnswerColumns): Promise<QuestionWithAnswer[]> {
  const rows = (await readRows(path, [columns.question, columns.answer])).map(whole);
  if (rows.length === 0) throw new ConfigError(`${path} contains no rows.`, 'Give a file with at least one question.');
  return rows.map((row) => ({
    text: textOf(row, columns.question),
    answer: finalAnswer(textOf(row, columns.answer)) || fail(row, columns.answer, 'a solution without a final answer'),
  }));
}

type Row = Extract<PlacedRow, { columns: unknown }>;

function whole(row: PlacedRow): Row {
  if ('columns' in row) return row;
  throw new ConfigError(
    `${row.place}: a row must be one object; found ${row.malformed}.`,
    'Write one object a line, e.g. {"question": "Compute 3 + 4.", "answer": "7"}, or remove the row.',
  );
}

function textOf(row: Row, column: string): string {
  const value = row.columns[column];
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return fail(row, column, nameOf(value));
  return value.trim() || fail(row, column, 'an empty text');
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

function fail({ place }: Row, column: string, found: string): never {
  throw new ConfigError(
    `${place}: column "${column}" must hold a text or a number; found ${found}.`,
    'Correct or remove this row, or name another column.',
  );
}

/** Returns the marked answer of a worked solution, or the text unchanged if no answer is marked. */
function finalAnswer(answer: string): string {
  const marked = extractAnswer(answer, ['boxed', 'hash']);
  return marked.convention === null ? answer : (marked.answer ?? '');
}
