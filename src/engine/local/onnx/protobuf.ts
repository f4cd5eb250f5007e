/**
 * Writer for the few protobuf wire types that an ONNX file needs. It does not read; ONNX Runtime does. Used
 * by `graph.ts`.
 */

/**
 * Appends to one byte buffer. Nested messages are built in their own writer and appended with their length.
 */
export class ProtobufWriter {
  #parts: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Appends a nested message. */
  message(field: number, nested: ProtobufWriter): this {
    this.#tag(field, 2);
    this.#varint(nested.#size);
    for (const part of nested.#parts) this.#push(part);
    return this;
  }

  string(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  /** Keeps a reference to `data`, so that large weights are not copied before `finish`. */
  bytes(field: number, data: Uint8Array): this {
    this.#tag(field, 2);
    this.#varint(data.length);
    this.#push(data);
    return this;
  }

  /** Appends a signed integer of up to 53 bits. Negative numbers take ten bytes, as in protobuf. */
  int(field: number, value: number): this {
    this.#tag(field, 0);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#tag(field, 5);
    this.#push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    const bytes: number[] = [];
    let left = BigInt.asUintN(64, BigInt(value));
    do {
      const low = Number(left & 0x7fn);
      left >>= 7n;
      bytes.push(left > 0n ? low | 0x80 : low);
    } while (left > 0n);
    this.#push(Uint8Array.from(bytes));
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#size += part.length;
  }
}
