/** The rows of JSON and JSON Lines texts, in the layouts that data sets are published in. */

import { ConfigError, messageOf } from '../errors.ts';
import { asRow, type PlacedRow } from './row.ts';

/**
 * Reads JSON Lines: one object per line; blank lines are skipped. Lines end in `\n`, `\r\n` or `\r`, never in other
 * separators such as U+2028, which texts may contain. A JSON list of objects is accepted too.
 */
export function jsonLines(path: string, text: string): PlacedRow[] {
  const list = text.trimStart().startsWith('[') ? parsed(text) : undefined;
  if (Array.isArray(list) && list.some((one) => typeof one === 'object' && one !== null)) return numbered(path, list);
  return text.split(/\r\n|\n|\r/).flatMap((line, at): PlacedRow[] => {
    if (line.trim() === '') return [];
    const place = `${path}:${at + 1}`;
    const value = parsed(line);
    return [value === undefined ? { place, malformed: 'invalid JSON' } : { place, ...asRow(value) }];
  });
}

/**
 * Reads a JSON document: a list of rows, an object with one list of rows, columns as lists of equal length, or rows or
 * columns by key, as pandas writes them. A file of JSON Lines is accepted too. Throws ConfigError for anything else.
 */
export function jsonRows(path: string, text: string): PlacedRow[] {
  const value = parsed(text);
  if (value !== undefined) return numbered(path, listIn(value, path));
  const lines = jsonLines(path, text);
  const readable = lines.filter((row) => 'columns' in row).length;
  if (readable > 0 && 'columns' in lines[0]) return lines;
  throw invalid(path, text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function invalid(path: string, text: string): ConfigError {
  let words = '';
  try {
    JSON.parse(text);
  } catch (error) {
    words = messageOf(error);
  }
  const at = /position (\d+)/.exec(words)?.[1];
  const line = at === undefined ? null : text.slice(0, Number(at)).split(/\r\n|\n|\r/).length;
  const where = line === null ? 'it ends too early' : `line ${line} is the first that cannot be parsed`;
  return new ConfigError(
    `${path} is not valid JSON: ${where}.`,
    'Correct the file, or download it again; a download may be cut off. For one object per line, name it .jsonl.',
  );
}

type Table = Record<string, unknown>;

function listIn(value: unknown, path: string): unknown[] {
  const rows = Array.isArray(value) ? value : isObject(value) ? rowsOf(value) : null;
  if (rows === null) {
    throw new ConfigError(
      `${path} holds neither a list nor an object with one list.`,
      'Write it as JSON Lines (.jsonl): one object with all columns per line.',
    );
  }
  // The dataset viewer of the Hugging Face hub wraps each row.
  return rows.every((row) => isObject(row) && 'row_idx' in row && isObject(row.row))
    ? rows.map(({ row }) => row)
    : rows;
}

function rowsOf(table: Table): unknown[] | null {
  const values = Object.values(table);
  const lists = values.filter(Array.isArray);
  if (lists.length === 1) return lists[0];
  if (lists.length > 1) return lists.length === values.length ? fromColumns(table, lists[0].length) : onlyRows(lists);
  return values.length > 0 && values.every(isObject) ? fromKeyed(table, values) : null;
}

/** Returns the only list of objects, for a document that also holds lists of other values. */
function onlyRows(lists: readonly unknown[][]): unknown[] | null {
  const rows = lists.filter((list) => list.length > 0 && list.every(isObject));
  return rows.length === 1 ? rows[0] : null;
}

function fromColumns(table: Table, length: number): unknown[] | null {
  const columns = Object.entries(table).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  if (columns.some(([, values]) => values.length !== length)) return onlyRows(columns.map(([, values]) => values));
  return Array.from({ length }, (_, at) => Object.fromEntries(columns.map(([name, values]) => [name, values[at]])));
}

/** Columns of values by row number, or rows by id. */
function fromKeyed(table: Table, values: readonly Table[]): unknown[] {
  const keys = Object.keys(values[0]);
  const isByColumn = keys.length > 0 && values.every((one) => Object.keys(one).every((key) => /^\d+$/.test(key)));
  if (!isByColumn) return [...values];
  const columns = Object.entries(table);
  return keys.map((key) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, isObject(cells) ? cells[key] : undefined])),
  );
}

function isObject(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numbered(path: string, values: readonly unknown[]): PlacedRow[] {
  return values.map((value, at) => ({ place: `${path}, row ${at + 1}`, ...asRow(value) }));
}
