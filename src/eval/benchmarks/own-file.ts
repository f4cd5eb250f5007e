/**
 * Turns the user's own file into a task, with a mapping of columns. Published benchmarks are in the other
 * files of this folder.
 */

import { basename, extname } from 'node:path';
import { EXTENSIONS } from '../../data/rows.ts';
import { ConfigError } from '../../errors.ts';
import { LETTERS, type EvalItem, type Malformed, type Row, type Task } from '../task.ts';
import { asText, choiceItem, openItem, textOf, textsOf } from './fields.ts';

export interface Columns {
  question: string;
  answer: string;
  /**
   * One column with a list (or its JSON), or several columns separated by commas. Undefined for open answers.
   */
  choices?: string;
  /** Column with a unique name; default: the row number. */
  id?: string;
}

/**
 * Creates the task of a file. With choices, the answer may be a letter, the text of one choice, or its
 * 0-based index, tried in this order. Throws ConfigError for an unsupported file type.
 */
export function ownFileTask(file: string, columns: Columns): Task {
  const extension = extname(file).toLowerCase();
  if (!EXTENSIONS.includes(extension)) {
    throw new ConfigError(`${file} has an unsupported file type.`, `Give a file of ${EXTENSIONS.join(', ')}.`);
  }
  const name = basename(file, extname(file));
  return {
    name,
    title: name,
    group: 'other',
    grading: columns.choices === undefined ? 'math' : 'letter',
    metric: { kind: 'greedy' },
    source: { files: [file], hub: null },
    sizes: [],
    toItem: (row, at) => toItem(row, at, columns),
  };
}

function toItem(row: Row, at: number, columns: Columns): EvalItem | Malformed {
  const missing = [columns.question, columns.answer, columns.id].find((name) => name !== undefined && !(name in row));
  if (missing !== undefined) return { malformed: `no column ${missing}` };
  const id = columns.id === undefined ? null : textOf(row, columns.id);
  const question = textOf(row, columns.question);
  const answer = asText(row[columns.answer]);
  if (columns.choices === undefined) return openItem(at, { id, question, answer });
  const choices = choicesOf(row, columns.choices);
  return choiceItem(at, { id, question, choices, right: rightOf(answer, choices ?? []) });
}

function choicesOf(row: Row, columns: string): string[] | null {
  if (columns.includes(',')) return textsOf(columns.split(',').map((name) => row[name.trim()]));
  const value = row[columns];
  if (typeof value !== 'string') return textsOf(value);
  try {
    return textsOf(JSON.parse(value));
  } catch {
    return null;
  }
}

function rightOf(answer: string | null, choices: readonly string[]): number {
  if (answer === null) return -1;
  const letter = /^\(?([A-Z])\)?\.?$/.exec(answer);
  if (letter !== null && LETTERS.indexOf(letter[1]) < choices.length) return LETTERS.indexOf(letter[1]);
  const text = choices.indexOf(answer);
  if (text >= 0) return text;
  return /^\d+$/.test(answer) ? Number(answer) : -1;
}
