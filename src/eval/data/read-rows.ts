/**
 * Rows of a data file: JSON Lines, JSON (a list, or an object around one list), CSV with a header, Parquet.
 * A broken row is data: it comes out with its reason. Only a file that cannot be read at all is an error.
 */

import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { EvalError, messageOf } from '../../errors.ts';
import type { Malformed, Row } from '../task.ts';
import { parseCsv } from './csv.ts';

/** Larger than any benchmark by far; a file is read at once. */
const MAX_BYTES = 1024 ** 3;

/** All rows in order. EvalError when the file is missing, too large, of an unknown kind or not readable as its kind. */
export async function readRows(path: string): Promise<(Row | Malformed)[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new EvalError(`${path} has ${size} bytes.`, 'Split it into files of at most 1 GiB.');
    return await parserOf(path)(path);
  } catch (error) {
    if (error instanceof EvalError) throw error;
    throw new EvalError(
      `${path} cannot be read: ${messageOf(error).split('\n', 1)[0].slice(0, 200)}.`,
      'Check the path and the file; a download may be cut off.',
      { cause: error },
    );
  }
}

function parserOf(path: string): (path: string) => Promise<(Row | Malformed)[]> {
  switch (extname(path).toLowerCase()) {
    case '.jsonl':
    case '.ndjson':
      return async (file) => jsonLines(await readFile(file, 'utf8'));
    case '.json':
      return async (file) => json(await readFile(file, 'utf8'), file);
    case '.csv':
      return async (file) => csv(await readFile(file, 'utf8'));
    case '.parquet':
      return parquet;
    default:
      throw new EvalError(`${path} is of no kind that can be read.`, 'Give a .jsonl, .json, .csv or .parquet file.');
  }
}

/** Only a line feed ends a line: texts may hold U+2028 and its like. */
function jsonLines(text: string): (Row | Malformed)[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [asRow(JSON.parse(line))];
    } catch {
      return [{ malformed: `line ${at + 1} is no JSON` }];
    }
  });
}

/** A list of objects; or one object whose only list of objects is meant (`{"examples": […]}`). */
function json(text: string, path: string): (Row | Malformed)[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value)) return value.map(asRow);
  const lists = typeof value === 'object' && value !== null ? Object.values(value).filter(Array.isArray) : [];
  // A single object of a file that is JSON Lines by another name.
  if (lists.length !== 1) {
    throw new EvalError(
      `${path} holds neither a list nor an object with one list.`,
      'Write it as JSON Lines (.jsonl).',
    );
  }
  return lists[0].map(asRow);
}

function csv(text: string): (Row | Malformed)[] {
  const [header, ...records] = parseCsv(text);
  if (header === undefined) return [];
  return records.map((record, at) => {
    if (record.length !== header.length) {
      return { malformed: `record ${at + 1} has ${record.length} fields where the header has ${header.length}` };
    }
    return Object.fromEntries(header.map((name, column) => [name.trim(), record[column]]));
  });
}

async function parquet(path: string): Promise<(Row | Malformed)[]> {
  const { asyncBufferFromFile, parquetReadObjects } = await import('hyparquet');
  const file = await asyncBufferFromFile(path);
  const rows: unknown[] = await parquetReadObjects({
    file,
    // Snappy, which the hub uses, is built in.
    compressors: { GZIP: (input) => gunzipSync(input), BROTLI: (input) => brotliDecompressSync(input) },
  });
  return rows.map(asRow);
}

function asRow(value: unknown): Row | Malformed {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { malformed: 'no object' };
  // A field of this name would make the row read as a broken one.
  const { malformed: _, ...row } = value as Record<string, unknown>;
  return row;
}
