/**
 * Typed arrays as the wire's little-endian byte blobs, both ways; the machine must be little-endian too, as all that
 * this project runs on are. Decoding copies, so that a result does not keep the message in memory. Every function throws
 * WireFormatError that names `where`.
 */

import { WireFormatError } from '../format-error.ts';

/** Values of `dtype` in `tensors.proto`. */
export const DTYPE = { float32: 1, int64: 2, int32: 3, bfloat16: 4 } as const;

/** Returns the bytes of an int32 or float32 array, without a copy. */
export function bytesOf(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Returns int32 values as int64 bytes. */
export function int64Bytes(values: Int32Array): Uint8Array {
  const words = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    words[2 * i] = values[i];
    words[2 * i + 1] = values[i] >> 31;
  }
  return bytesOf(words);
}

/** Reads int32 bytes. */
export function readInt32s(bytes: Uint8Array, where: string): Int32Array {
  return new Int32Array(copy(bytes, 4, where));
}

/** Reads float32 bytes. */
export function readFloat32s(bytes: Uint8Array, where: string): Float32Array {
  return new Float32Array(copy(bytes, 4, where));
}

/** Reads int64 bytes; every value must fit into 32 bits. */
export function readInt64s(bytes: Uint8Array, where: string): Int32Array {
  const words = new Int32Array(copy(bytes, 8, where));
  const out = new Int32Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = words[2 * i];
    if (words[2 * i + 1] !== out[i] >> 31) throw new WireFormatError(`${where}[${i}] does not fit into 32 bits`);
  }
  return out;
}

/** Reads bfloat16 bytes: the upper halves of float32 values. */
export function readBfloat16s(bytes: Uint8Array, where: string): Float32Array {
  const halves = new Uint16Array(copy(bytes, 2, where));
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** Bytes per value of a dtype. */
export function itemSize(dtype: number, where: string): number {
  if (dtype === DTYPE.int64) return 8;
  if (dtype === DTYPE.bfloat16) return 2;
  if (dtype === DTYPE.float32 || dtype === DTYPE.int32) return 4;
  throw new WireFormatError(`${where} has the unknown dtype ${dtype}`);
}

function copy(bytes: Uint8Array, size: number, where: string): ArrayBuffer {
  if (bytes.byteLength % size !== 0) {
    throw new WireFormatError(`${where} has ${bytes.byteLength} bytes, which is no multiple of ${size}`);
  }
  // A Buffer's `slice` shares its memory.
  return Uint8Array.prototype.slice.call(bytes).buffer;
}
