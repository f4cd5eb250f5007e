/** Finds the columns of the question, the answer and the choices among a file's columns. */

import { nearestKey } from '../config/suggest.ts';
import { ConfigError } from '../errors.ts';

/** Names that the user gave, or the defaults. */
export interface ColumnNames {
  /** Default `question`. `A+B` joins two columns. */
  question: string;
  /** Default `answer`. */
  answer: string;
  /** One column with a list (or its JSON), or several columns separated by commas. Undefined: found by name, if any. */
  choices?: string;
  /** Column with a unique name of the question. */
  id?: string;
}

/** Columns that a file has. */
export interface FoundColumns {
  /** Joined in this order. */
  question: readonly string[];
  answer: string;
  /** One column with all choices, or one column per choice; empty = open answers. */
  choices: readonly string[];
  id: string | null;
}

export const DEFAULT_COLUMNS: ColumnNames = { question: 'question', answer: 'answer' };

/** Names that public data sets use, the most specific first. Compared without case, spaces, `_` and `-`. */
const SYNONYMS = {
  question: [
    ['question'],
    ['problem'],
    ['questiontext', 'questionstem', 'stem'],
    ['prompt', 'query'],
    ['instruction'],
    ['input'],
    ['text'],
  ],
  answer: [
    ['answer'],
    ['answers'],
    ['expectedanswer', 'finalanswer', 'referenceanswer', 'correctanswer', 'groundtruth', 'gold', 'reference'],
    ['answerkey', 'answerletter', 'answeridx', 'answerindex', 'correct'],
    ['target', 'label'],
    ['solution'],
    ['output', 'response', 'completion'],
  ],
  choices: [['choices'], ['options'], ['endings']],
} as const;

/** Second columns without which a question is incomplete, by the normalized name of the first. */
const COMPANIONS: Record<string, string> = { Question: 'Body', instruction: 'input' };

/**
 * Returns the columns to read. A name is matched exactly, then without case and punctuation; a default name also by its
 * synonyms in public data sets. Throws ConfigError if a column is missing, ambiguous, or appears twice.
 */
export function findColumns(found: readonly string[], wanted: ColumnNames, path: string): FoundColumns {
  const question = questionColumns(found, wanted.question, path);
  const answer = requireColumn(found, wanted.answer, 'answer', path);
  const choices =
    wanted.choices === undefined
      ? choiceColumns(found, [...question, answer])
      : namedChoices(found, wanted.choices, path);
  const id = wanted.id === undefined ? null : requireColumn(found, wanted.id, null, path);
  for (const name of [...question, answer, ...choices, ...(id === null ? [] : [id])]) refuseTwice(found, name, path);
  return { question, answer, choices, id };
}

function questionColumns(found: readonly string[], wanted: string, path: string): string[] {
  const parts = wanted.split('+').map((name) => name.trim());
  if (parts.length > 1 && !found.includes(wanted)) return parts.map((name) => requireColumn(found, name, null, path));
  const name = requireColumn(found, wanted, 'question', path);
  // A companion that the user did not name is joined only to a default name.
  const companion = wanted === DEFAULT_COLUMNS.question ? COMPANIONS[name] : undefined;
  if (companion === undefined || !found.includes(companion)) return [name];
  return name === 'Question' ? [companion, name] : [name, companion];
}

/** `role`: where synonyms of a default name come from; null for a name that has no default. */
function requireColumn(
  found: readonly string[],
  wanted: string,
  role: 'question' | 'answer' | null,
  path: string,
): string {
  if (found.includes(wanted)) return wanted;
  const alike = found.filter((name) => folded(name) === folded(wanted));
  if (alike.length === 1) return alike[0];
  if (alike.length > 1) throw ambiguous(path, wanted, alike);
  const synonym = role !== null && wanted === DEFAULT_COLUMNS[role] ? synonymOf(found, role, path) : null;
  return synonym ?? fail(found, wanted, path);
}

function synonymOf(found: readonly string[], role: keyof typeof SYNONYMS, path: string): string | null {
  for (const names of SYNONYMS[role]) {
    const hits = found.filter((name) => names.some((one) => one === folded(name)));
    if (hits.length > 1 && role !== 'choices') throw ambiguous(path, role, hits);
    if (hits.length > 0) return hits[0];
  }
  return null;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

/** A column of lists, or the columns `A`, `B`, … or `option_a`, `option_b`, … from the first letter on. */
function choiceColumns(found: readonly string[], taken: readonly string[]): string[] {
  const free = found.filter((name) => !taken.includes(name));
  const list = synonymOf(free, 'choices', '');
  if (list !== null) return [list];
  for (const prefix of ['', 'option', 'choice', 'op', 'opt', 'ending']) {
    for (const marks of ['abcdefghij', '0123456789', '123456789']) {
      const names = [...marks].map((mark) => free.find((name) => folded(name) === prefix + mark));
      const count = names.findIndex((name) => name === undefined);
      const several = names.slice(0, count < 0 ? names.length : count).filter((name) => name !== undefined);
      if (several.length > 1) return several;
    }
  }
  return [];
}

function namedChoices(found: readonly string[], wanted: string, path: string): string[] {
  if (found.includes(wanted)) return [wanted];
  return wanted.split(',').map((name) => requireColumn(found, name.trim(), null, path));
}

function refuseTwice(found: readonly string[], name: string, path: string): void {
  if (!found.includes(`${name} (2)`)) return;
  throw new ConfigError(`${path} has several columns named "${name}".`, 'Rename or remove all but one of them.');
}

function ambiguous(path: string, wanted: string, hits: readonly string[]): ConfigError {
  return new ConfigError(
    `${path} has no column "${wanted}", and ${hits.map((name) => `"${name}"`).join(' and ')} could be meant.`,
    'Name the column of the question and the column of the answer.',
  );
}

const MOST_NAMES = 12;

function fail(found: readonly string[], wanted: string, path: string): never {
  const list = found.slice(0, MOST_NAMES).map((one) => one.slice(0, 40));
  const shown = found.length === 0 ? 'no column at all' : list.join(', ') + (found.length > MOST_NAMES ? ', …' : '');
  // A name of one or two letters resembles every other.
  const near = wanted.length < 3 ? null : nearestKey(wanted, found);
  throw new ConfigError(
    `${path}: there is no column "${wanted}"; found: ${shown}.`,
    near === null
      ? 'Name the column of the question and the column of the answer.'
      : `Did you mean "${near}"? Otherwise name the column of the question and the column of the answer.`,
  );
}
