/**
 * Reads the rows of a data file, for training data and for benchmarks: JSON Lines, JSON (a list, or an object with one
 * list), CSV with a header, Parquet. A malformed row is returned with a reason; only a file that cannot be read at all
 * is an error. The columns are interpreted by the callers: `questions-with-answers.ts` and `eval/load-task.ts`.
 */

import { open, readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ConfigError, messageOf, RzeroError } from '../errors.ts';
import { IMPOSTOR_BYTES, impostorOf } from '../files/impostor.ts';

/** One row by column name, with the values as stored. */
export type Row = Readonly<Record<string, unknown>>;

/** The reason why a row could not be read. */
export interface Malformed {
  malformed: string;
}

/** A row with its location: `FILE:LINE` in JSON Lines, otherwise `FILE, row N`; both count from 1. */
export type PlacedRow = { place: string } & ({ columns: Row } | Malformed);

/** Supported file types. */
export const EXTENSIONS = ['.jsonl', '.ndjson', '.json', '.csv', '.parquet'];

/** Maximum file size in bytes: the whole file is read into memory. */
const MAX_BYTES = 1024 ** 3;

/**
 * Reads all rows in order. With `columns`, only those columns are needed, and a row without one of them is an error.
 * Throws ConfigError if the file is missing, too large, of an unsupported type or not readable as its type.
 */
export async function readRows(path: string, columns?: readonly string[]): Promise<PlacedRow[]> {
  const kind = await kindOf(path);
  const rows = kind === '.parquet' ? await readParquet(path, columns) : await readText(path, kind);
  if (kind !== '.parquet') for (const row of rows) if ('columns' in row) requireColumns(row, columns ?? []);
  return rows;
}

/** First bytes of every Parquet file, whatever its name. */
const PARQUET_MARK = 'PAR1';

async function kindOf(path: string): Promise<string> {
  const head = await guarded(path, async () => {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new ConfigError(`${path} has ${size} bytes.`, 'Split it into files of at most 1 GiB.');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(IMPOSTOR_BYTES), 0, IMPOSTOR_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  });
  const impostor = impostorOf(head);
  if (impostor !== null) throw new ConfigError(`${path} holds ${impostor.found}.`, impostor.advice);
  const kind = head.startsWith(PARQUET_MARK) ? '.parquet' : extname(path).toLowerCase();
  if (EXTENSIONS.includes(kind)) return kind;
  throw new ConfigError(`${path} has an unsupported file type.`, `Give a file of ${EXTENSIONS.join(', ')}.`);
}

async function readText(path: string, kind: string): Promise<PlacedRow[]> {
  return guarded(path, async () => {
    const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
    if (kind === '.json') return numbered(path, listIn(JSON.parse(text), path).map(asRow));
    return kind === '.csv' ? numbered(path, await csvRows(text)) : jsonLines(path, text);
  });
}

/** Splits at line feeds only, because texts may contain other line separators such as U+2028. */
function jsonLines(path: string, text: string): PlacedRow[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    const place = `${path}:${at + 1}`;
    try {
      return [{ place, ...asRow(JSON.parse(line)) }];
    } catch {
      return [{ place, malformed: 'invalid JSON' }];
    }
  });
}

/** Returns the list itself, or the only list in an object (`{"examples": […]}`). */
function listIn(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  const lists = typeof value === 'object' && value !== null ? Object.values(value).filter(Array.isArray) : [];
  // A JSON Lines file with one object and the wrong extension.
  if (lists.length !== 1) {
    throw new ConfigError(
      `${path} holds neither a list nor an object with one list.`,
      'Write it as JSON Lines (.jsonl).',
    );
  }
  return lists[0];
}

async function csvRows(text: string): Promise<({ columns: Row } | Malformed)[]> {
  // Imported only for CSV files.
  const { parseCsv } = await import('./csv.ts');
  const { records, openQuote } = parseCsv(text);
  const [header, ...rest] = records;
  const broken = openQuote ? [{ malformed: 'a quote that is never closed' }] : [];
  if (header === undefined) return broken;
  const rows = rest.map((record) => {
    const { length } = record;
    if (length !== header.length) {
      return { malformed: `${length} field${length === 1 ? '' : 's'} where the header has ${header.length}` };
    }
    return { columns: Object.fromEntries(header.map((name, column) => [name.trim(), record[column]])) };
  });
  return [...rows, ...broken];
}

function asRow(value: unknown): { columns: Row } | Malformed {
  if (Array.isArray(value)) return { malformed: 'a list' };
  if (typeof value === 'object' && value !== null) return { columns: { ...value } };
  return { malformed: `a bare ${value === null ? 'null' : typeof value}` };
}

async function readParquet(path: string, wanted?: readonly string[]): Promise<PlacedRow[]> {
  // Imported only for Parquet files, because it is large.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  return guarded(
    path,
    async () => {
      const file = await asyncBufferFromFile(path);
      const metadata = await parquetMetadataAsync(file);
      const names = parquetSchema(metadata).children.map((column) => column.element.name);
      const missing = wanted?.find((name) => !names.includes(name));
      if (missing !== undefined) throw noColumn(path, missing, names);
      const rows: unknown[] = await parquetReadObjects({
        file,
        metadata,
        ...(wanted !== undefined && { columns: [...wanted] }),
        // Snappy is built in.
        compressors: { GZIP: (input) => gunzipSync(input), BROTLI: (input) => brotliDecompressSync(input) },
      });
      return numbered(path, rows.map(asRow));
    },
    'Write it again with Snappy, GZIP or Brotli compression, or as JSONL; a download may be cut off.',
  );
}

function numbered(path: string, rows: readonly ({ columns: Row } | Malformed)[]): PlacedRow[] {
  return rows.map((row, at) => ({ place: `${path}, row ${at + 1}`, ...row }));
}

async function guarded<T>(
  path: string,
  work: () => Promise<T>,
  advice = 'Check the path and the file; a download may be cut off.',
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RzeroError) throw cause;
    const words = messageOf(cause).split('\n', 1)[0].slice(0, 200);
    throw new ConfigError(`The data file ${path} cannot be read: ${words}.`, advice, { cause });
  }
}

function requireColumns({ place, columns }: { place: string; columns: Row }, wanted: readonly string[]): void {
  for (const name of wanted) if (!Object.hasOwn(columns, name)) throw noColumn(place, name, Object.keys(columns));
}

const MOST_NAMES = 12;

function noColumn(place: string, name: string, found: readonly string[]): ConfigError {
  const list = found.slice(0, MOST_NAMES).map((one) => one.slice(0, 40));
  const shown = found.length === 0 ? 'no column at all' : list.join(', ') + (found.length > MOST_NAMES ? ', …' : '');
  return new ConfigError(
    `${place}: there is no column "${name}"; found: ${shown}.`,
    'Name the columns of the question and the answer.',
  );
}
