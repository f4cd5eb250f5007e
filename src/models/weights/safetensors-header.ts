/**
 * Parses and validates the header of a safetensors file, before anything is allocated for its tensors: 8
 * bytes of little-endian length, that many bytes of JSON, followed by the data without gaps. Checkpoints are
 * untrusted input. Format: https://github.com/huggingface/safetensors. Next: `safetensors.ts` reads the data.
 */

import { z } from 'zod';
import { messageOf, ModelLoadError } from '../../errors.ts';
import { describeIssue } from '../../text/expectation.ts';

/** Header limit of the format's reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The only header key that is not a tensor. */
export const METADATA_KEY = '__metadata__';

export type StoredDtype = 'F32' | 'BF16' | 'F16';

export const DTYPE_BYTES: Record<StoredDtype, number> = { F32: 4, BF16: 2, F16: 2 };

/** One tensor as described in the header. Offsets count from the start of the data. */
export interface HeaderEntry {
  name: string;
  dtype: StoredDtype;
  shape: number[];
  elements: number;
  begin: number;
  end: number;
}

/** Entries in the order of their data. */
export interface Header {
  entries: HeaderEntry[];
  metadata: Record<string, string>;
}

const size = z.number().int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(size).max(8),
  data_offsets: z.tuple([size, size]),
});
const metadataSchema = z.record(z.string(), z.string());
// Not z.record, which would drop a tensor named `__proto__`.
const headerSchema = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/**
 * Returns the length of the JSON header. Throws ModelLoadError if it is impossible for a file of `fileBytes`
 * bytes.
 */
export function headerLength(beginning: Uint8Array, fileBytes: number, file: string): number {
  if (beginning.length < 8 || fileBytes < 8) {
    throw broken(file, `the file has ${fileBytes} bytes`, 'at least 8 bytes of header length');
  }
  const length = new DataView(beginning.buffer, beginning.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw broken(file, `a header length of ${length} bytes`, `at most ${MAX_HEADER_BYTES} bytes`);
  }
  if (8 + Number(length) > fileBytes) {
    throw broken(
      file,
      `a header of ${length} bytes in a file of ${fileBytes} bytes`,
      'a header that ends inside the file',
    );
  }
  return Number(length);
}

/**
 * Parses and validates the header's JSON. `dataBytes` is the size of the data after it. Throws
 * ModelLoadError.
 */
export function parseHeader(json: Uint8Array, dataBytes: number, file: string): Header {
  const raw = parse(json, file);
  const metadata = raw[METADATA_KEY] === undefined ? {} : metadataSchema.safeParse(raw[METADATA_KEY]).data;
  if (metadata === undefined)
    throw broken(file, 'metadata that is not text', 'a map of text to text in `__metadata__`');
  const entries = Object.entries(raw)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => parseEntry(name, value, file))
    .toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  checkContiguous(entries, dataBytes, file);
  return { entries, metadata };
}

function parse(json: Uint8Array, file: string): Record<string, unknown> {
  try {
    const value = headerSchema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
    if (value.success) return value.data;
    throw new SyntaxError('no object');
  } catch (cause) {
    throw broken(
      file,
      `a header that does not parse (${messageOf(cause).split('\n', 1)[0].slice(0, 120)})`,
      'a JSON object in UTF-8',
      cause,
    );
  }
}

function parseEntry(name: string, value: unknown, file: string): HeaderEntry {
  const entry = entrySchema.safeParse(value);
  if (!entry.success) {
    const issue = entry.error.issues[0];
    throw broken(
      file,
      `tensor ${name}: ${describeIssue(issue, 'entry')}`,
      '`dtype`, `shape` and `data_offsets`',
      entry.error,
    );
  }
  const { dtype, shape, data_offsets: offsets } = entry.data;
  if (!isStoredDtype(dtype)) {
    throw new ModelLoadError(
      `${file}: tensor ${name} has dtype ${dtype}; expected one of ${Object.keys(DTYPE_BYTES).join(', ')}.`,
      'Use an unquantised checkpoint, or convert this one to BF16 first.',
    );
  }
  const elements = shape.reduce((product, length) => product * length, 1);
  const [begin, end] = offsets;
  if (end - begin !== elements * DTYPE_BYTES[dtype]) {
    throw broken(
      file,
      `tensor ${name}: ${end - begin} bytes at [${begin}, ${end}]`,
      `${elements * DTYPE_BYTES[dtype]} bytes for ${dtype} of shape [${shape.join(', ')}]`,
    );
  }
  return { name, dtype, shape, elements, begin, end };
}

function checkContiguous(entries: readonly HeaderEntry[], dataBytes: number, file: string): void {
  let at = 0;
  for (const entry of entries) {
    if (entry.begin !== at) {
      throw broken(
        file,
        `tensor ${entry.name} begins at byte ${entry.begin}`,
        `byte ${at}, where the previous tensor ends (no overlap, no gap)`,
      );
    }
    at = entry.end;
  }
  if (at !== dataBytes) {
    const what = at > dataBytes ? 'truncated' : 'longer than its tensors';
    throw broken(file, `${dataBytes} bytes of data (the file is ${what})`, `${at} bytes`);
  }
}

function isStoredDtype(dtype: string): dtype is StoredDtype {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

function broken(file: string, found: string, expected: string, cause?: unknown): ModelLoadError {
  return new ModelLoadError(
    `${file}: found ${found}; expected ${expected}.`,
    'Download or write this safetensors file again.',
    { cause },
  );
}
