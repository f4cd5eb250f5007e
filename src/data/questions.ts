/**
 * Reads a question and its acceptable answers from the rows of a data file. Training, planted questions and benchmarks
 * of the user read through this module, so that a file means the same to all of them.
 */

import { AMBIGUOUS, choiceLines, type Choices, choicesOf, firstNumber, LETTERS, rightChoice } from './choices.ts';
import { textOfCell } from './cell.ts';
import { type ColumnNames, findColumns, type FoundColumns } from './columns.ts';
import { readAnswers } from './reference.ts';
import { isMalformed, type Malformed, type PlacedRow, type Row } from './row.ts';

/** A question as the file states it. */
export interface FileQuestion {
  question: string;
  /** Texts of choices A, B, …; null for an open question. */
  choices: string[] | null;
  /** Any of these is right. For multiple choice: one letter. */
  answers: string[];
  id: string | null;
}

export interface QuestionReader {
  columns: FoundColumns;
  /** Whether the questions are multiple choice. */
  isChoice: boolean;
  read(row: Row): FileQuestion | Malformed;
  /** What was found in the file without being named, for the user. */
  notes: string[];
}

/**
 * Prepares the reading of a file from its columns and rows. Choices that the user did not name are used if at least
 * half of the answers name one of them. Throws ConfigError if a column is missing.
 */
export function questionReader(
  path: string,
  file: { found: readonly string[]; rows: readonly PlacedRow[] },
  wanted: ColumnNames,
): QuestionReader {
  const found = findColumns(file.found, wanted, path);
  const rows = file.rows.flatMap((row) => ('columns' in row ? [row.columns] : []));
  const first = firstOf(rows, found);
  const isNamed = wanted.choices !== undefined;
  const isChoice = found.choices.length > 0 && (isNamed || namesChoices(rows, found, first));
  const columns = isChoice ? found : { ...found, choices: [] };
  return {
    columns,
    isChoice,
    read: (row) => readQuestion(row, columns, first),
    notes: notesOf(columns, wanted, isChoice ? first : 0),
  };
}

/** Returns all columns that a reader needs. */
export function neededColumns({ question, answer, choices, id }: FoundColumns): string[] {
  return [...new Set([...question, answer, ...choices, ...(id === null ? [] : [id])])];
}

/** Returns the question as one text: with its choices below, if it has any. */
export function questionText({ question, choices }: Pick<FileQuestion, 'question' | 'choices'>): string {
  return choices === null ? question : `${question}\n\n${choiceLines(choices)}`;
}

function firstOf(rows: readonly Row[], { answer, choices }: FoundColumns): 0 | 1 {
  if (choices.length === 0) return 0;
  return firstNumber(
    rows.map((row) => ({ answer: row[answer], choices: choicesOf(row, choices)?.texts.length ?? -1 })),
  );
}

function namesChoices(rows: readonly Row[], { answer, choices }: FoundColumns, first: 0 | 1): boolean {
  const named = rows.filter((row) => {
    const offered = choicesOf(row, choices);
    const right = offered === null ? null : rightChoice(row[answer], offered, first);
    return typeof right === 'number' || right === AMBIGUOUS;
  });
  return named.length > 0 && named.length >= rows.length / 2;
}

function readQuestion(row: Row, columns: FoundColumns, first: 0 | 1): FileQuestion | Malformed {
  const question = joined(row, columns.question);
  if (typeof question !== 'string') return question;
  const id = columns.id === null ? null : textOfCell(row[columns.id]);
  const about = { question, id: typeof id === 'string' ? id : null };
  if (columns.choices.length > 0)
    return withChoices(about, row[columns.answer], choicesOf(row, columns.choices), first);
  if (isAbsent(row[columns.answer])) return { malformed: 'no answer' };
  const answers = readAnswers(row[columns.answer]);
  return isMalformed(answers) ? answers : { ...about, choices: null, answers };
}

function withChoices(
  about: { question: string; id: string | null },
  answer: unknown,
  choices: Choices | null,
  first: 0 | 1,
): FileQuestion | Malformed {
  if (choices === null) return { malformed: 'fewer than two choices' };
  if (choices.texts.length > LETTERS.length) return { malformed: `more than ${LETTERS.length} choices` };
  const right = rightChoice(answer, choices, first);
  return typeof right === 'number' ? { ...about, choices: choices.texts, answers: [LETTERS[right]] } : right;
}

/** Joins the parts of a question; a first part that ends without punctuation gets a full stop. */
function joined(row: Row, columns: readonly string[]): string | Malformed {
  const parts = columns.map((name) => row[name]).filter((value) => !isAbsent(value));
  if (parts.length === 0) return { malformed: 'no question' };
  const texts = parts.map(textOfCell);
  const bad = texts.find((text) => typeof text !== 'string');
  if (bad !== undefined) return { malformed: `a question that is ${bad.malformed}` };
  const sentences = texts.filter((text) => typeof text === 'string');
  return sentences
    .map((text, at) => (at + 1 < sentences.length && !/[.!?:]$/.test(text) ? `${text}.` : text))
    .join(' ');
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

function notesOf({ question, answer, choices }: FoundColumns, wanted: ColumnNames, first: 0 | 1): string[] {
  const read = [
    ...(question.join('+') === wanted.question ? [] : [`the questions from ${quoted(question)}`]),
    ...(answer === wanted.answer ? [] : [`the answers from ${quoted([answer])}`]),
    ...(choices.length === 0 || wanted.choices !== undefined ? [] : [`the choices from ${quoted(choices)}`]),
  ];
  return [
    ...(read.length === 0 ? [] : [`reads ${read.join(', ')}`]),
    ...(first === 1 ? [`counts the choices from 1, as the numbers in ${quoted([answer])} do`] : []),
  ];
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' and ');
}
