/**
 * Reads and writes safetensors files. All data is float32 in memory, for every dtype in the file. Reading
 * validates the whole header first (`safetensors-header.ts`); data moves in chunks, so a file may be larger
 * than Node's buffers. Independent of models; see `weight-files.ts` for those. Byte order is little-endian,
 * like the format and all platforms of ONNX Runtime.
 */

import { open, type FileHandle } from 'node:fs/promises';
import { messageOf, ModelLoadError, StoreError } from '../../errors.ts';
import { storeFailure } from '../../files/atomic-folder.ts';
import { IMPOSTOR_BYTES, impostorOfWeights } from '../../files/impostor.ts';
import type { Tensor } from '../decoder-config.ts';
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16, type FloatDtype } from './half.ts';
import {
  DTYPE_BYTES,
  headerLength,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  parseHeader,
  type Header,
  type HeaderEntry,
  type StoredDtype,
} from './safetensors-header.ts';

/** Elements converted or moved per chunk. */
const CHUNK = 1 << 22;

export interface SafetensorsFile {
  /** In the order of their data. */
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

export interface ReadOptions {
  /** Reads only the tensors for which this is true (default: all). */
  select?: (name: string) => boolean;
}

export interface WriteOptions {
  /** `float32` (default), or a 16-bit format, rounded to nearest even. */
  dtype?: FloatDtype;
  metadata?: Record<string, string>;
}

const STORED: Record<FloatDtype, StoredDtype> = { float32: 'F32', bfloat16: 'BF16', float16: 'F16' };

/**
 * Reads a file's F32, BF16 and F16 tensors as float32. Throws ModelLoadError if it is missing or truncated,
 * has a malformed header or an unknown dtype, or has offsets that overlap, leave gaps or do not fit the
 * shapes.
 */
export async function readSafetensors(path: string, options: ReadOptions = {}): Promise<SafetensorsFile> {
  return withFile(path, async (handle) => {
    const { header, dataStart } = await readHeader(handle, path);
    const tensors = new Map<string, Tensor>();
    for (const entry of header.entries) {
      if (options.select !== undefined && !options.select(entry.name)) continue;
      tensors.set(entry.name, { shape: entry.shape, data: await readTensor(handle, entry, dataStart, path) });
    }
    return { tensors, metadata: header.metadata };
  });
}

/**
 * Reads only the validated header: names, dtypes and shapes in the order of their data. Same errors as
 * `readSafetensors`.
 */
export async function readSafetensorsHeader(path: string): Promise<Header> {
  return withFile(path, async (handle) => (await readHeader(handle, path)).header);
}

/**
 * Writes tensors in the given order. The same tensors and metadata give the same bytes. The file is not
 * synced to disk (see `src/files`). Throws StoreError if writing fails, a tensor's data does not fit its
 * shape, or a finite value does not fit the dtype.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<[string, Tensor]>,
  options: WriteOptions = {},
): Promise<void> {
  const list = [...tensors];
  const dtype = STORED[options.dtype ?? 'float32'];
  const header = encodeHeader(path, list, dtype, options.metadata);
  try {
    const handle = await open(path, 'w');
    try {
      await writeAll(handle, header);
      for (const [name, tensor] of list) await writeTensor(handle, tensor.data, dtype, `${path}: tensor ${name}`);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw storeFailure(path, error);
  }
}

async function withFile<T>(path: string, read: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw new ModelLoadError(
      `${path} cannot be opened (${messageOf(cause)}); expected a safetensors file.`,
      'Check the path, or download the checkpoint again.',
      { cause },
    );
  }
  try {
    return await read(handle);
  } finally {
    await handle.close();
  }
}

async function readHeader(handle: FileHandle, path: string): Promise<{ header: Header; dataStart: number }> {
  const stat = await handle.stat();
  if (!stat.isFile())
    throw new ModelLoadError(`${path} is not a file; expected a safetensors file.`, 'Check the path.');
  const beginning = new Uint8Array(Math.min(IMPOSTOR_BYTES, stat.size));
  await readInto(handle, beginning, 0, path);
  const impostor = impostorOfWeights(beginning);
  if (impostor !== null)
    throw new ModelLoadError(`${path} holds ${impostor.found}; expected a safetensors file.`, impostor.advice);
  const length = headerLength(beginning, stat.size, path);
  const json = new Uint8Array(length);
  await readInto(handle, json, 8, path);
  const dataStart = 8 + length;
  return { header: parseHeader(json, stat.size - dataStart, path), dataStart };
}

async function readTensor(
  handle: FileHandle,
  entry: HeaderEntry,
  dataStart: number,
  path: string,
): Promise<Float32Array> {
  const data = new Float32Array(entry.elements);
  for (let at = 0; at < entry.elements; at += CHUNK) {
    await readPart(handle, { entry, dataStart, path, at }, data.subarray(at, at + CHUNK));
  }
  return data;
}

/** Fills `part` with the tensor's elements from `at` on, as float32. */
async function readPart(
  handle: FileHandle,
  { entry, dataStart, path, at }: { entry: HeaderEntry; dataStart: number; path: string; at: number },
  part: Float32Array,
): Promise<void> {
  const position = dataStart + entry.begin + at * DTYPE_BYTES[entry.dtype];
  if (entry.dtype === 'F32') return readInto(handle, bytesOf(part), position, path);
  const bits = new Uint16Array(part.length);
  await readInto(handle, bytesOf(bits), position, path);
  if (entry.dtype === 'BF16') widenBfloat16(bits, part);
  else widenFloat16(bits, part);
}

/** A tensor on disk. */
export interface StoredTensor {
  file: string;
  name: string;
}

/**
 * Returns whether two stored tensors have the same shape and values, whatever their dtypes. Reads them in chunks,
 * up to the first difference. Same errors as `readSafetensors`.
 */
export async function sameTensors(one: StoredTensor, other: StoredTensor): Promise<boolean> {
  return withTensor(one, (a) => withTensor(other, (b) => sameValues(a, b)));
}

interface OpenTensor {
  handle: FileHandle;
  entry: HeaderEntry;
  dataStart: number;
  path: string;
}

function withTensor<T>({ file, name }: StoredTensor, use: (tensor: OpenTensor) => Promise<T>): Promise<T> {
  return withFile(file, async (handle) => {
    const { header, dataStart } = await readHeader(handle, file);
    const entry = header.entries.find((one) => one.name === name);
    if (entry === undefined)
      throw new ModelLoadError(`${file}: tensor ${name} is missing.`, 'Download the checkpoint again.');
    return use({ handle, entry, dataStart, path: file });
  });
}

async function sameValues(a: OpenTensor, b: OpenTensor): Promise<boolean> {
  if (a.entry.shape.join() !== b.entry.shape.join()) return false;
  const { elements } = a.entry;
  for (let at = 0; at < elements; at += CHUNK) {
    const length = Math.min(CHUNK, elements - at);
    const [left, right] = [new Float32Array(length), new Float32Array(length)];
    await readPart(a.handle, { ...a, at }, left);
    await readPart(b.handle, { ...b, at }, right);
    for (let i = 0; i < length; i++) if (left[i] !== right[i]) return false;
  }
  return true;
}

async function readInto(handle: FileHandle, bytes: Uint8Array, position: number, path: string): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) {
      throw new ModelLoadError(
        `${path} ended at byte ${position + done}; expected ${bytes.length - done} more.`,
        'The file changed while it was read. Load it again when nothing writes to it.',
      );
    }
    done += bytesRead;
  }
}

function encodeHeader(
  path: string,
  list: readonly [string, Tensor][],
  dtype: StoredDtype,
  metadata: Record<string, string> = {},
): Uint8Array {
  const header: [string, unknown][] = [];
  const keys = Object.keys(metadata).toSorted();
  if (keys.length > 0) header.push([METADATA_KEY, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  const names = new Set<string>([METADATA_KEY]);
  let at = 0;
  for (const [name, { shape, data }] of list) {
    if (names.has(name) || data.length !== shape.reduce((product, length) => product * length, 1)) {
      throw new StoreError(
        `${path}: tensor ${name} of shape [${shape.join(', ')}] has ${data.length} values or a duplicate name.`,
        'Give each tensor a unique name and as many values as its shape has.',
      );
    }
    names.add(name);
    const end = at + data.length * DTYPE_BYTES[dtype];
    header.push([name, { dtype, shape, data_offsets: [at, end] }]);
    at = end;
  }
  // Assembled by hand, because an object would move integer-like names to the front.
  const json = new TextEncoder().encode(
    `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > MAX_HEADER_BYTES)
    throw new StoreError(`${path}: the header would have ${padded} bytes.`, 'Write fewer tensors into one file.');
  const bytes = new Uint8Array(8 + padded).fill(0x20, 8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}

async function writeTensor(handle: FileHandle, data: Float32Array, dtype: StoredDtype, where: string): Promise<void> {
  const halves = dtype === 'F32' ? null : new Uint16Array(Math.min(CHUNK, data.length));
  for (let at = 0; at < data.length; at += CHUNK) {
    const part = data.subarray(at, at + CHUNK);
    if (halves === null) {
      await writeAll(handle, bytesOf(part));
      continue;
    }
    const bits = halves.subarray(0, part.length);
    if (dtype === 'BF16') narrowBfloat16(part, bits);
    else narrowFloat16(part, bits);
    checkFits(part, bits, { dtype, where, offset: at });
    await writeAll(handle, bytesOf(bits));
  }
}

const EXPONENT: Partial<Record<StoredDtype, number>> = { BF16: 0x7f80, F16: 0x7c00 };

function checkFits(
  values: Float32Array,
  bits: Uint16Array,
  { dtype, where, offset }: { dtype: StoredDtype; where: string; offset: number },
): void {
  const infinity = EXPONENT[dtype];
  const at = bits.findIndex((word, i) => (word & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (at < 0) return;
  throw new StoreError(
    `${where} holds ${values[at]} at element ${offset + at}, which is beyond the largest ${dtype} number.`,
    'Write float32 or bfloat16 instead.',
  );
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
}

function bytesOf(view: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
