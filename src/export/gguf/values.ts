/** Typed values of a GGUF header, and their bytes. All numbers are little-endian. Pure. */

/** The types of values that this writer uses, with their numbers in the format. */
export const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const;

export type GgufValue =
  | { type: 'uint32' | 'int32' | 'float32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'array'; of: 'string'; value: readonly string[] }
  | { type: 'array'; of: 'int32' | 'float32'; value: readonly number[] };

/** Values by key, in the order of the file. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** A growing buffer of bytes. */
export class ByteSink {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  /** Returns the bytes so far. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  uint32(value: number): void {
    this.#grow(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  int32(value: number): void {
    this.uint32(value | 0);
  }

  float32(value: number): void {
    this.#grow(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  uint64(value: number): void {
    this.#grow(8);
    this.#view.setBigUint64(this.length, BigInt(value), true);
    this.length += 8;
  }

  byte(value: number): void {
    this.raw(Uint8Array.of(value));
  }

  /** Length in bytes, then the bytes of the text in UTF-8. */
  text(value: string): void {
    const bytes = Buffer.from(value);
    this.uint64(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  #grow(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + more));
    larger.set(this.bytes());
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Appends a value with its type. */
export function putValue(sink: ByteSink, value: GgufValue): void {
  sink.uint32(VALUE_TYPES[value.type]);
  if (value.type === 'array') putArray(sink, value);
  else if (value.type === 'string') sink.text(value.value);
  else if (value.type === 'bool') sink.byte(value.value ? 1 : 0);
  else sink[value.type](value.value);
}

function putArray(sink: ByteSink, array: Extract<GgufValue, { type: 'array' }>): void {
  sink.uint32(VALUE_TYPES[array.of]);
  sink.uint64(array.value.length);
  if (array.of === 'string') for (const one of array.value) sink.text(one);
  else for (const one of array.value) sink[array.of](one);
}
