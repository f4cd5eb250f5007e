/**
 * Opens a data file: decides its format by its first bytes and its name, unpacks gzip, decodes text. A file of another
 * kind is refused by name. The rows are read in `rows.ts`.
 */

import { open, readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ConfigError, messageOf, RzeroError } from '../errors.ts';
import { IMPOSTOR_BYTES, impostorOf } from '../files/impostor.ts';
import { decodeText } from './encoding.ts';

/** Supported file types; each may be compressed with gzip (`.jsonl.gz`). */
export const EXTENSIONS = ['.jsonl', '.ndjson', '.json', '.csv', '.tsv', '.parquet'];

/** Maximum size in bytes, also after decompression: a file is read into memory. */
const MAX_BYTES = 1024 ** 3;

export type DataFile =
  | { kind: string; text: string }
  /** `unpacked`: the unpacked bytes of a compressed file; null if the file is read in parts from its path. */
  | { kind: '.parquet'; unpacked: Uint8Array | null };

/** Returns a file's name without its folder, type and compression. */
export function stemOf(path: string): string {
  return basename(path)
    .replace(/\.gz$/i, '')
    .replace(/\.[^.]+$/, '');
}

/** Returns the type that a file's name gives: one of `EXTENSIONS`; null for any other name. */
export function kindOfName(path: string): string | null {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  const kind = extname(name);
  return EXTENSIONS.includes(kind) ? kind : null;
}

/** The error for a file that is none of `EXTENSIONS`. */
export function unsupportedType(path: string): ConfigError {
  return new ConfigError(
    `${path} has an unsupported file type.`,
    `Give a file of ${EXTENSIONS.join(', ')}, or one of these with .gz.`,
  );
}

/** Throws ConfigError if the file is missing, too large, of an unsupported type, or not readable as its type. */
export async function readDataFile(path: string): Promise<DataFile> {
  return guarded(path, async () => {
    const head = await headOf(path);
    refuseForeign(path, head);
    const isPacked = head[0] === 0x1f && head[1] === 0x8b;
    if (!isPacked) return fileOf(path, head, null);
    const unpacked = unpack(path, await readFile(path));
    refuseForeign(path, unpacked.subarray(0, IMPOSTOR_BYTES));
    return fileOf(path, unpacked.subarray(0, IMPOSTOR_BYTES), unpacked);
  });
}

/** First bytes of every Parquet file, whatever its name. */
const PARQUET_MARK = 'PAR1';

async function fileOf(path: string, head: Uint8Array, unpacked: Uint8Array | null): Promise<DataFile> {
  const kind = latin1(head).startsWith(PARQUET_MARK) ? '.parquet' : kindOfName(path);
  if (kind === null) throw unsupportedType(path);
  if (kind === '.parquet') return { kind: '.parquet', unpacked };
  return { kind, text: decodeText(unpacked ?? (await readFile(path)), path) };
}

async function headOf(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new ConfigError(`${path} has ${size} bytes.`, 'Split it into files of at most 1 GiB.');
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(IMPOSTOR_BYTES), 0, IMPOSTOR_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function unpack(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw new ConfigError(
      `${path} cannot be unpacked as gzip: ${messageOf(cause)}.`,
      'Download or compress it again; unpacked, it may have at most 1 GiB.',
      { cause },
    );
  }
}

const UNPACK = 'Unpack it, and give the file inside.';
const EXPORT = 'Export its rows as CSV in UTF-8, JSONL or Parquet.';

/** First bytes of files that are mistaken for data files, as Latin-1. */
const FOREIGN: readonly { mark: string; what: string; advice: string }[] = [
  { mark: 'PK\x03\x04', what: 'a ZIP archive or an Excel workbook', advice: `${UNPACK} ${EXPORT}` },
  { mark: '\xd0\xcf\x11\xe0', what: 'an old Excel workbook', advice: EXPORT },
  { mark: 'BZh', what: 'compressed with bzip2', advice: UNPACK },
  { mark: '\x28\xb5\x2f\xfd', what: 'compressed with Zstandard', advice: UNPACK },
  { mark: '\xfd7zXZ\0', what: 'compressed with xz', advice: UNPACK },
  { mark: '7z\xbc\xaf', what: 'a 7-Zip archive', advice: UNPACK },
  { mark: 'ARROW1', what: 'an Arrow file', advice: EXPORT },
  { mark: 'SQLite format 3', what: 'an SQLite database', advice: EXPORT },
  { mark: '%PDF-', what: 'a PDF document', advice: EXPORT },
];
function refuseForeign(path: string, head: Uint8Array): void {
  const impostor = impostorOf(Buffer.from(head).toString('utf8'));
  if (impostor !== null) throw new ConfigError(`${path} holds ${impostor.found}.`, impostor.advice);
  const text = latin1(head);
  const found = FOREIGN.find(({ mark }) => text.startsWith(mark));
  if (found !== undefined) throw new ConfigError(`${path} is ${found.what}.`, found.advice);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Converts any other failure to a ConfigError with the file's name. */
export async function guarded<T>(
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
