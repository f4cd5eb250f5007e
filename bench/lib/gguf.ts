/**
 * Writes a decoder as a GGUF file for timing llama.cpp. The weights have the right size and scale, but query
 * and key rows are not permuted to llama.cpp's rotary layout, so its texts differ from ours. Only plain Llama
 * shapes.
 */

import { open } from 'node:fs/promises';
import type { DecoderConfig, Weights } from '../../src/models/decoder-config.ts';
import { narrowBfloat16, narrowFloat16 } from '../../src/models/weights/half.ts';

/** Storage type of matrices; vectors stay float32. */
export type GgufDtype = 'float32' | 'bfloat16' | 'float16' | 'q8_0';

const TYPE_CODE: Record<GgufDtype, number> = { float32: 0, float16: 1, q8_0: 8, bfloat16: 30 };
/** `general.file_type` */
const FILE_TYPE: Record<GgufDtype, number> = { float32: 0, float16: 1, q8_0: 7, bfloat16: 32 };
const ALIGNMENT = 32;
const Q8_BLOCK = 32;

const NAMES: [RegExp, string][] = [
  [/^model\.embed_tokens\.weight$/, 'token_embd.weight'],
  [/^model\.norm\.weight$/, 'output_norm.weight'],
  [/^lm_head\.weight$/, 'output.weight'],
  [/^model\.layers\.(\d+)\.input_layernorm\.weight$/, 'blk.$1.attn_norm.weight'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm\.weight$/, 'blk.$1.ffn_norm.weight'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj\.weight$/, 'blk.$1.attn_$2.weight'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj\.weight$/, 'blk.$1.attn_output.weight'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj\.weight$/, 'blk.$1.ffn_$2.weight'],
];

export async function writeGguf(
  path: string,
  config: DecoderConfig,
  weights: Weights,
  dtype: GgufDtype,
): Promise<void> {
  const tensors = Array.from(weights, ([name, { shape, data }]) => {
    const type = shape.length === 1 ? 'float32' : dtype;
    return { name: ggufName(name), shape, type, bytes: encode(data, type) };
  });
  const header = new Bytes();
  header.text('GGUF').u32(3).u64(tensors.length);
  const metadata = metadataOf(config, dtype);
  header.u64(metadata.length);
  for (const entry of metadata) header.entry(...entry);
  let offset = 0;
  for (const { name, shape, type, bytes } of tensors) {
    header.string(name).u32(shape.length);
    for (const dim of shape.toReversed()) header.u64(dim);
    header.u32(TYPE_CODE[type]).u64(offset);
    offset += aligned(bytes.length);
  }
  const file = await open(path, 'w');
  try {
    await file.write(padded(header.finish()));
    for (const { bytes } of tensors) await file.write(padded(bytes));
  } finally {
    await file.close();
  }
}

type Entry = [key: string, value: string | number | { float: number } | readonly string[] | Int32Array];

function metadataOf(config: DecoderConfig, dtype: GgufDtype): Entry[] {
  const words = Array.from({ length: config.vocabulary }, (_, id) => `t${id}`);
  const end = config.vocabulary - 1;
  return [
    ['general.architecture', 'llama'],
    ['general.file_type', FILE_TYPE[dtype]],
    ['llama.vocab_size', config.vocabulary],
    ['llama.context_length', config.maxPositions],
    ['llama.embedding_length', config.hidden],
    ['llama.block_count', config.layers],
    ['llama.feed_forward_length', config.intermediate],
    ['llama.attention.head_count', config.heads],
    ['llama.attention.head_count_kv', config.kvHeads],
    ['llama.attention.layer_norm_rms_epsilon', { float: config.rmsEpsilon }],
    ['llama.rope.dimension_count', config.headDim],
    ['llama.rope.freq_base', { float: config.ropeTheta }],
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', 'default'],
    ['tokenizer.ggml.tokens', words],
    ['tokenizer.ggml.merges', ['t 0']],
    ['tokenizer.ggml.token_type', new Int32Array(config.vocabulary).fill(1)],
    ['tokenizer.ggml.bos_token_id', end],
    ['tokenizer.ggml.eos_token_id', end],
  ];
}

function ggufName(name: string): string {
  const rule = NAMES.find(([pattern]) => pattern.test(name));
  if (rule === undefined) throw new Error(`GGUF has no name for ${name}`);
  return name.replace(rule[0], rule[1]);
}

function encode(data: Float32Array, type: GgufDtype): Uint8Array {
  if (type === 'q8_0') return quantized(data);
  if (type === 'float32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bits = new Uint16Array(data.length);
  if (type === 'bfloat16') narrowBfloat16(data, bits);
  else narrowFloat16(data, bits);
  return new Uint8Array(bits.buffer);
}

/** Quantises blocks of 32: a float16 scale, followed by signed bytes. */
function quantized(data: Float32Array): Uint8Array {
  const blocks = data.length / Q8_BLOCK;
  const scales = Float32Array.from({ length: blocks }, (_, block) => {
    const values = data.subarray(block * Q8_BLOCK, (block + 1) * Q8_BLOCK);
    return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  });
  const bits = new Uint16Array(blocks);
  narrowFloat16(scales, bits);
  const out = new Uint8Array(blocks * (2 + Q8_BLOCK));
  for (let block = 0; block < blocks; block++) {
    const at = block * (2 + Q8_BLOCK);
    out[at] = bits[block] & 0xff;
    out[at + 1] = bits[block] >> 8;
    for (let i = 0; i < Q8_BLOCK; i++) {
      out[at + 2 + i] = Math.round(data[block * Q8_BLOCK + i] / (scales[block] || 1));
    }
  }
  return out;
}

const VALUE_TYPE = { u32: 4, i32: 5, f32: 6, string: 8, array: 9 };

/** A growing little-endian buffer with GGUF's basic types. */
class Bytes {
  #parts: Uint8Array[] = [];

  text(text: string): this {
    this.#parts.push(new TextEncoder().encode(text));
    return this;
  }

  u32(value: number): this {
    this.#parts.push(new Uint8Array(Uint32Array.of(value).buffer));
    return this;
  }

  u64(value: number): this {
    this.#parts.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
    return this;
  }

  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    this.u64(bytes.length).#parts.push(bytes);
    return this;
  }

  entry(key: Entry[0], value: Entry[1]): this {
    this.string(key);
    if (typeof value === 'string') return this.u32(VALUE_TYPE.string).string(value);
    if (typeof value === 'number') return this.u32(VALUE_TYPE.u32).u32(value);
    if ('float' in value) {
      this.u32(VALUE_TYPE.f32).#parts.push(new Uint8Array(Float32Array.of(value.float).buffer));
      return this;
    }
    if (value instanceof Int32Array) {
      this.u32(VALUE_TYPE.array).u32(VALUE_TYPE.i32).u64(value.length).#parts.push(new Uint8Array(value.buffer));
      return this;
    }
    this.u32(VALUE_TYPE.array).u32(VALUE_TYPE.string).u64(value.length);
    for (const text of value) this.string(text);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length === aligned(bytes.length)) return bytes;
  const out = new Uint8Array(aligned(bytes.length));
  out.set(bytes);
  return out;
}
