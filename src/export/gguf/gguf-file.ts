/**
 * Writes GGUF files (version 3): a header of typed values, the list of tensors, and their data, aligned. What a model puts
 * into them is in `model-gguf.ts`.
 */

import { open, type FileHandle } from 'node:fs/promises';
import { BLOCK, encode, encodedBytes, type GgufDtype, TENSOR_TYPES } from './encodings.ts';
import { ByteSink, type GgufMetadata, putValue } from './values.ts';

const MAGIC = 0x46554747;
const VERSION = 3;
const ALIGNMENT = 32;
/** Numbers that are converted at once: a multiple of a block. */
const CHUNK = 1 << 20;

export interface GgufTensor {
  name: string;
  /** Row-major. */
  shape: readonly number[];
  dtype: GgufDtype;
  data: Float32Array;
}

/** Writes a file. Throws the file system's error. */
export async function writeGguf(path: string, metadata: GgufMetadata, tensors: readonly GgufTensor[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeAll(file, headerOf(metadata, tensors));
    for (const { dtype, data } of tensors) {
      for (let at = 0; at < data.length; at += CHUNK)
        await writeAll(file, encode(dtype, data.subarray(at, at + CHUNK)));
      await writeAll(file, new Uint8Array(padding(encodedBytes(dtype, data.length))));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function headerOf(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Uint8Array {
  const sink = new ByteSink();
  sink.uint32(MAGIC);
  sink.uint32(VERSION);
  sink.uint64(tensors.length);
  sink.uint64(metadata.size);
  for (const [key, value] of metadata) {
    sink.text(key);
    putValue(sink, value);
  }
  let offset = 0;
  for (const { name, shape, dtype, data } of tensors) {
    sink.text(name);
    sink.uint32(shape.length);
    // The format names the fastest dimension first.
    for (const size of shape.toReversed()) sink.uint64(size);
    sink.uint32(TENSOR_TYPES[dtype].tensor);
    sink.uint64(offset);
    const bytes = encodedBytes(dtype, data.length);
    offset += bytes + padding(bytes);
  }
  sink.raw(new Uint8Array(padding(sink.length)));
  return sink.bytes();
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

/** Returns whether rows of this length can be stored in a format. */
export function fitsRows(dtype: GgufDtype, columns: number): boolean {
  return dtype !== 'q8_0' || columns % BLOCK === 0;
}
