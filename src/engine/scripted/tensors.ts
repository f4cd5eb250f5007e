/** Float32 tensors as safetensors bytes: just what the scripted engine's two tables need. */

export interface NamedTensor {
  name: string;
  shape: number[];
  data: Float32Array;
}

export function writeTensors(tensors: readonly NamedTensor[]): Uint8Array {
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const bodies = tensors.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, text, ...bodies]);
}

/** Name to values. Throws RangeError or SyntaxError on bytes that are cut or are not safetensors. */
export function readTensors(bytes: Buffer): Map<string, Float32Array> {
  const length = Number(bytes.readBigUInt64LE(0));
  if (length > bytes.length - 8) throw new RangeError('the header is cut off');
  const header: Record<string, { dtype?: string; data_offsets?: [number, number] }> = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  const out = new Map<string, Float32Array>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = entry.data_offsets ?? [0, 0];
    if (entry.dtype !== 'F32' || end > bytes.length - 8 - length) throw new RangeError(`tensor ${name} is cut off or not float32`);
    out.set(name, new Float32Array(Uint8Array.from(bytes.subarray(8 + length + start, 8 + length + end)).buffer));
  }
  return out;
}
