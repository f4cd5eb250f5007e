/**
 * The two 16-bit float formats of checkpoints, to and from float32. Pure bit work; both directions of
 * bfloat16 (round to nearest even, as PyTorch), reading only of IEEE float16.
 */

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);

/** Widens bfloat16 bit patterns into `out` (same length): exact. */
export function widenBfloat16(bits: Uint16Array, out: Float32Array): void {
  const target = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) target[i] = bits[i] << 16;
}

/** Narrows float32 to bfloat16 bit patterns in `out` (same length): nearest, ties to even; NaN stays NaN. */
export function narrowBfloat16(values: Float32Array, out: Uint16Array): void {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < source.length; i++) {
    const word = source[i];
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    // Rounding up a NaN's payload could carry into infinity or zero: set the quiet bit instead.
    out[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** Widens IEEE float16 bit patterns into `out` (same length): exact, subnormals and infinities included. */
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
