/**
 * Converts the two 16-bit float formats of checkpoints, bfloat16 and IEEE float16, to and from float32. Pure
 * bit operations; narrowing rounds to nearest, ties to even, as in PyTorch. Next: `safetensors.ts`.
 */

/** Formats for writing weights. */
export type FloatDtype = 'float32' | 'bfloat16' | 'float16';

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

/** Widens bfloat16 bit patterns into `out` (same length). Exact. */
export function widenBfloat16(bits: Uint16Array, out: Float32Array): void {
  const target = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) target[i] = bits[i] << 16;
}

/**
 * Narrows float32 to bfloat16 bit patterns in `out` (same length): to nearest, ties to even. NaN stays NaN.
 */
export function narrowBfloat16(values: Float32Array, out: Uint16Array): void {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) {
    const word = source[i];
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    // Rounding up a NaN's payload could carry into infinity or zero: set the quiet bit instead.
    out[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** Widens IEEE float16 bit patterns into `out` (same length). Exact, including subnormals and infinities. */
export function widenFloat16(bits: Uint16Array, out: Float32Array): void {
  for (let i = 0; i < bits.length; i++) out[i] = float16(bits[i]);
}

function float16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return (sign === 0 ? 1 : -1) * mantissa * 2 ** -24;
  words[0] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  return floats[0];
}

/**
 * Narrows float32 to IEEE float16 bit patterns in `out` (same length): to nearest, ties to even, including
 * subnormals. Beyond 65,504 the result is infinity; NaN stays NaN.
 */
export function narrowFloat16(values: Float32Array, out: Uint16Array): void {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) out[i] = float16Bits(source[i]);
}

/** Narrows the bits of one float32, `word`. */
function float16Bits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65,520 is halfway to the next step, which float16 cannot represent.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Adding ½ shifts a subnormal's units to the last place of float32, which then rounds.
    words[0] = magnitude;
    floats[0] += 0.5;
    return sign | (words[0] - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
