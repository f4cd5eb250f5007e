/** Questions with known answers from a data file, for supervised training and for planted questions. */

import { ConfigError } from '../errors.ts';
import type { QuestionWithAnswer } from '../types.ts';
import { type ColumnNames, findColumns } from './columns.ts';
import { neededColumns, questionReader, questionText } from './questions.ts';
import { isMalformed, type PlacedRow } from './row.ts';
import { columnsOf, readRows } from './rows.ts';

/** Names of the columns. */
export type AnswerColumns = Pick<ColumnNames, 'question' | 'answer'>;

/**
 * Reads all questions of a file that `readRows` supports, in file order; repeated rows are kept. A question with
 * choices gets them below its text, and a letter as its answer. Throws ConfigError for a file without rows, and for the
 * first row that is no question with an answer.
 */
export async function readQuestionsWithAnswers(path: string, columns: AnswerColumns): Promise<QuestionWithAnswer[]> {
  const rows = await readRows(path, (found) => neededColumns(findColumns(found, columns, path)));
  const [first] = rows;
  if (isMalformed(first) && columnsOf(rows).length === 0) throw badRow(first, first.malformed, columns);
  const reader = questionReader(path, { found: columnsOf(rows), rows }, columns);
  return rows.map((row) => {
    const read = isMalformed(row) ? row : reader.read(row.columns);
    if (isMalformed(read)) throw badRow(row, read.malformed, columns);
    const [answer, ...also] = read.answers;
    return { text: questionText(read), answer, ...(also.length === 0 ? {} : { also }) };
  });
}

function badRow(row: PlacedRow, found: string, { question, answer }: AnswerColumns): ConfigError {
  if ('malformed' in row) {
    return new ConfigError(
      `${row.place}: a row must be one object or record; found ${found}.`,
      'Correct or remove it. JSON Lines hold one object a line, e.g. {"question": "Compute 3 + 4.", "answer": "7"}.',
    );
  }
  return new ConfigError(
    `${row.place}: a row must hold a question ("${question}") and its answer ("${answer}"); found ${found}.`,
    'Correct or remove this row, or name other columns.',
  );
}
