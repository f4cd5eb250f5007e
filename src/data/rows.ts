/**
 * Rows of a data file that a user brings: JSONL (an object a line) or Parquet. It knows neither questions nor
 * answers and judges no value; it reads what is asked for and says where each row stood. Next: `answered.ts`.
 */

import { readFile } from 'node:fs/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { ConfigError, messageOf } from '../errors.ts';

export interface Row {
  /** `FILE:LINE` of JSONL, `FILE, row N` of Parquet; both count from 1. */
  place: string;
  columns: Readonly<Record<string, unknown>>;
}

/** Bytes at the head of every Parquet file. */
const PARQUET_MARK = 'PAR1';

/** All rows that hold the wanted columns; a file without one of them is a ConfigError, as is any line that is no object. */
export async function readRows(path: string, wanted: readonly string[]): Promise<Row[]> {
  const bytes = await readBytes(path);
  return bytes.subarray(0, PARQUET_MARK.length).toString('latin1') === PARQUET_MARK
    ? readParquet(path, wanted)
    : readJsonLines(path, bytes.toString('utf8'), wanted);
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ConfigError(`Cannot read the data file ${path}: ${messageOf(cause)}.`, 'Check its path.', { cause });
  }
}

function readJsonLines(path: string, text: string, wanted: readonly string[]): Row[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap((line, at) => (line.trim() === '' ? [] : [{ place: `${path}:${at + 1}`, columns: parseLine(line) }]))
    .map(({ place, columns }) => {
      if (typeof columns === 'string') throw notAnObject(place, columns);
      for (const name of wanted) if (!Object.hasOwn(columns, name)) throw noColumn(place, name, Object.keys(columns));
      return { place, columns };
    });
}

/** The line's object, or what it is instead. */
function parseLine(line: string): Record<string, unknown> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `no JSON (${messageOf(error)})`;
  }
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null
    ? { ...value }
    : `a bare ${value === null ? 'null' : typeof value}`;
}

async function readParquet(path: string, wanted: readonly string[]): Promise<Row[]> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map((column) => column.element.name);
    const missing = wanted.find((name) => !names.includes(name));
    if (missing !== undefined) throw noColumn(path, missing, names);
    const rows: Record<string, unknown>[] = await parquetReadObjects({
      file,
      metadata,
      columns: [...wanted],
      // Snappy is built in.
      compressors: { GZIP: (input) => gunzipSync(input), BROTLI: (input) => brotliDecompressSync(input) },
    });
    return rows.map((columns, at) => ({ place: `${path}, row ${at + 1}`, columns }));
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(
      `${path} is a Parquet file that cannot be read: ${messageOf(cause)}.`,
      'Write it again with Snappy, GZIP or Brotli compression, or as JSONL.',
      { cause },
    );
  }
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

function notAnObject(place: string, found: string): ConfigError {
  return new ConfigError(
    `${place}: a line must be one JSON object; found ${found}.`,
    'Write one object a line, e.g. {"question": "Compute 3 + 4.", "answer": "7"}.',
  );
}
