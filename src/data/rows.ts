/**
 * START HERE for data files. Reads the rows of a file, for training data, planted questions and benchmarks alike: JSON
 * Lines, JSON, CSV and TSV with a header, Parquet; text in UTF-8 or UTF-16; each also compressed with gzip. A malformed
 * row is returned with a reason; only a file that cannot be read at all is an error. `questions.ts` reads a question
 * and its answers from a row.
 */

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ConfigError } from '../errors.ts';
import { guarded, readDataFile } from './data-file.ts';
import { jsonLines, jsonRows } from './json-rows.ts';
import { asRow, type Malformed, type PlacedRow } from './row.ts';

/** Receives the names of all columns, and returns those that are needed. Throws if one is missing. */
export type ChooseColumns = (found: readonly string[]) => readonly string[];

/**
 * Reads all rows in order. With `choose`, only the chosen columns are needed, and only they are read from Parquet.
 * Throws ConfigError if the file is missing, too large, of an unsupported type or encoding, not readable as its type,
 * or without rows.
 */
export async function readRows(path: string, choose?: ChooseColumns): Promise<PlacedRow[]> {
  const file = await readDataFile(path);
  if (!('text' in file)) return readParquet(path, file.unpacked, choose);
  const { kind, text } = file;
  if (text.trim() === '') throw noRows(path, 'it is empty');
  if (kind === '.csv' || kind === '.tsv') return readCsv(path, text, { isTabs: kind === '.tsv', choose });
  const rows = await guarded(path, async () => (kind === '.json' ? jsonRows(path, text) : jsonLines(path, text)));
  const found = columnsOf(rows);
  // Without a readable row, the reason is not a missing column.
  if (found.length > 0) choose?.(found);
  return rows.length > 0 ? rows : Promise.reject(noRows(path, 'its list is empty'));
}

/** Returns the names of the columns that any row has, in order of appearance. */
export function columnsOf(rows: readonly PlacedRow[]): string[] {
  return [...new Set(rows.flatMap((row) => ('columns' in row ? Object.keys(row.columns) : [])))];
}

function noRows(path: string, reason: string): ConfigError {
  return new ConfigError(`${path} contains no rows: ${reason}.`, 'Give a file with at least one question.');
}

async function readCsv(
  path: string,
  text: string,
  { isTabs, choose }: { isTabs: boolean; choose: ChooseColumns | undefined },
): Promise<PlacedRow[]> {
  // Imported only for CSV files.
  const { delimiterOf, parseCsv } = await import('./csv.ts');
  // Excel names the delimiter on the first line.
  const named = /^sep=(.)(?=\r?\n)/.exec(text)?.[1];
  const body = named === undefined ? text : text.slice(5);
  const { records, openQuote } = parseCsv(body, named ?? (isTabs ? '\t' : delimiterOf(text)));
  const [header, ...rest] = records;
  const broken =
    openQuote === null ? [] : [{ place: `${path}:${openQuote}`, malformed: 'a quote that is never closed' }];
  if (header === undefined) return broken;
  const names = distinct(header.fields.map((name) => name.trim()));
  choose?.(names);
  if (rest.length === 0 && broken.length === 0) throw noRows(path, `it has only a header (${names.join(', ')})`);
  const rows = rest.map(({ fields, line }) => ({ place: `${path}:${line}`, ...csvRow(names, fields) }));
  return [...rows, ...broken];
}

function csvRow(names: readonly string[], fields: readonly string[]): { columns: Record<string, string> } | Malformed {
  const { length } = fields;
  if (length !== names.length) {
    return { malformed: `${length} field${length === 1 ? '' : 's'} where the header has ${names.length}` };
  }
  return { columns: Object.fromEntries(names.map((name, at) => [name, fields[at]])) };
}

/** Numbers repeated names (`answer`, `answer (2)`), so that no column hides another. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const copy = (seen.get(name) ?? 0) + 1;
    seen.set(name, copy);
    return copy === 1 ? name : `${name} (${copy})`;
  });
}

async function readParquet(path: string, unpacked: Uint8Array | null, choose?: ChooseColumns): Promise<PlacedRow[]> {
  // Imported only for Parquet files, because it is large.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const rows = await guarded(
    path,
    async () => {
      const file = unpacked === null ? await asyncBufferFromFile(path) : inMemory(unpacked);
      const metadata = await parquetMetadataAsync(file);
      const names = parquetSchema(metadata).children.map((column) => column.element.name);
      const columns = choose?.(names);
      return parquetReadObjects({
        file,
        metadata,
        ...(columns !== undefined && { columns: [...columns] }),
        // Snappy is built in.
        compressors: { GZIP: (input) => gunzipSync(input), BROTLI: (input) => brotliDecompressSync(input) },
      });
    },
    'Write it again with Snappy, GZIP or Brotli compression, or as JSONL; a download may be cut off.',
  );
  if (rows.length === 0) throw noRows(path, 'it has only columns');
  return rows.map((row, at) => ({ place: `${path}, row ${at + 1}`, ...asRow(row) }));
}

function inMemory(bytes: Uint8Array): { byteLength: number; slice(start: number, end?: number): ArrayBuffer } {
  const whole = new Uint8Array(bytes).buffer;
  return { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) };
}
