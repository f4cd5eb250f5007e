/**
 * Turns the user's own file into a task. Its rows are read as for training (`data/questions.ts`). Published benchmarks
 * are in the other files of this folder.
 */

import { resolve } from 'node:path';
import { type ColumnNames, DEFAULT_COLUMNS } from '../../data/columns.ts';
import { kindOfName, stemOf, unsupportedType } from '../../data/data-file.ts';
import { type QuestionReader, questionReader } from '../../data/questions.ts';
import { columnsOf } from '../../data/rows.ts';
import { TASKS } from './index.ts';
import {
  type EvalItem,
  type Grading,
  isMalformed,
  type Malformed,
  type PlacedRow,
  type Row,
  type Task,
} from '../task.ts';

/** Names of the columns; default: `question` and `answer`, or what public data sets call them. */
export type Columns = ColumnNames;

/** How answers of a file without choices are graded. */
export type OpenGrading = Extract<Grading, 'math' | 'text'>;

/**
 * Creates the task of a file. With choices, the answer may be a letter, the text of one choice, or its number. Throws
 * ConfigError for an unsupported file type.
 */
export function ownFileTask(file: string, columns: Columns = DEFAULT_COLUMNS, grading: OpenGrading = 'math'): Task {
  if (kindOfName(file) === null) throw unsupportedType(file);
  const stem = stemOf(file);
  const task: Task = {
    // A benchmark's name would stand for its published data.
    name: TASKS.some(({ name }) => name === stem) ? `${stem}-file` : stem,
    title: stem,
    group: 'other',
    grading: columns.choices === undefined ? grading : 'letter',
    metric: { kind: 'greedy' },
    source: { files: [resolve(file)], hub: null },
    sizes: [],
    toItem: (row, at) => toItem(readerOf([{ place: file, columns: row }], columns, file), row, at),
  };
  return { ...task, prepare: (rows, from) => prepared(task, readerOf(rows, columns, from)) };
}

function readerOf(rows: readonly PlacedRow[], columns: Columns, from: string): QuestionReader {
  return questionReader(from, { found: columnsOf(rows), rows }, columns);
}

function prepared(task: Task, reader: QuestionReader): Task & { notes: string[] } {
  return {
    ...task,
    grading: reader.isChoice ? 'letter' : task.grading,
    toItem: (row, at) => toItem(reader, row, at),
    notes: reader.notes.map((note) => `${task.title}: ${note}.`),
  };
}

function toItem(reader: QuestionReader, row: Row, at: number): EvalItem | Malformed {
  const read = reader.read(row);
  if (isMalformed(read)) return read;
  const { question, choices, answers, id } = read;
  return { id: id ?? String(at), question, choices, reference: { answers }, category: null };
}
