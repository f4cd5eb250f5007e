/** The number formats of tensors in a GGUF file. Pure. */

import { narrowBfloat16, narrowFloat16 } from '../../models/weights/half.ts';

/** Number format of the matrices of a file. `q8_0`: blocks of 32 integers of 8 bits with one scale. */
export type GgufDtype = 'float32' | 'float16' | 'bfloat16' | 'q8_0';

/** Numbers of the formats: of a tensor, and of a file whose matrices have it (`general.file_type`). */
export const TENSOR_TYPES: Record<GgufDtype, { tensor: number; file: number }> = {
  float32: { tensor: 0, file: 0 },
  float16: { tensor: 1, file: 1 },
  bfloat16: { tensor: 30, file: 32 },
  q8_0: { tensor: 8, file: 7 },
};

/** Numbers in a block of `q8_0`. */
export const BLOCK = 32;
const BLOCK_BYTES = 2 + BLOCK;

/** Returns the bytes of a tensor with this many numbers. */
export function encodedBytes(dtype: GgufDtype, numbers: number): number {
  if (dtype === 'q8_0') return (numbers / BLOCK) * BLOCK_BYTES;
  return numbers * (dtype === 'float32' ? 4 : 2);
}

/** Encodes numbers. For `q8_0`, their number is a multiple of `BLOCK`. */
export function encode(dtype: GgufDtype, values: Float32Array): Uint8Array {
  if (dtype === 'float32') return bytesOf(values);
  if (dtype === 'q8_0') return quantised(values);
  const bits = new Uint16Array(values.length);
  if (dtype === 'bfloat16') narrowBfloat16(values, bits);
  else narrowFloat16(values, bits);
  return bytesOf(bits);
}

/** The largest number of a block becomes 127; halves are rounded away from zero. */
function quantised(values: Float32Array): Uint8Array {
  const out = new Uint8Array(encodedBytes('q8_0', values.length));
  const view = new DataView(out.buffer);
  const scale = new Float32Array(1);
  const half = new Uint16Array(1);
  for (let block = 0; block * BLOCK < values.length; block++) {
    const part = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    scale[0] = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
    narrowFloat16(scale, half);
    view.setUint16(block * BLOCK_BYTES, half[0], true);
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    for (const [at, value] of part.entries()) {
      const steps = Math.fround(value * inverse);
      view.setInt8(block * BLOCK_BYTES + 2 + at, Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5));
    }
  }
  return out;
}

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
