/**
 * The tensors of a decoder under llama.cpp's names. Queries and keys of Llama are reordered: there, a rotation turns
 * neighbouring numbers, and in Hugging Face's layout the two halves of a head. Pure.
 */

import type { DecoderConfig, Tensor, Weights } from '../../models/decoder-config.ts';
import { rotaryFrequencies } from '../../models/rotary.ts';
import type { GgufDtype } from './encodings.ts';
import { fitsRows, type GgufTensor } from './gguf-file.ts';

const OUTER: Record<string, string> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
};

const IN_LAYER: Record<string, string> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** Returns the tensors of a file. Vectors stay float32, as llama.cpp wants them. */
export function ggufTensors(config: DecoderConfig, weights: Weights, dtype: GgufDtype): GgufTensor[] {
  const own = [...weights].map(([name, tensor]): GgufTensor => {
    const { shape, data } = config.architecture === 'llama' ? reordered(config, name, tensor) : tensor;
    const isVector = shape.length === 1;
    const fits = fitsRows(dtype, shape[shape.length - 1]);
    return { name: ggufName(name), shape, data, dtype: isVector ? 'float32' : fits ? dtype : 'float16' };
  });
  return [...own, ...ropeFactors(config)];
}

/** Returns llama.cpp's name: `blk.0.attn_q.weight` for `model.layers.0.self_attn.q_proj.weight`. */
export function ggufName(name: string): string {
  const [, module, kind] = /^(.*)\.(weight|bias)$/.exec(name) ?? [];
  const [, layer, part] = /^model\.layers\.(\d+)\.(.*)$/.exec(module ?? '') ?? [];
  const known = layer === undefined ? OUTER[module ?? ''] : IN_LAYER[part];
  if (known === undefined) throw new Error(`tensor ${name} has no name in a GGUF file`);
  return layer === undefined ? `${known}.${kind}` : `blk.${layer}.${known}.${kind}`;
}

function reordered(config: DecoderConfig, name: string, tensor: Tensor): Tensor {
  const heads = name.endsWith('.q_proj.weight') ? config.heads : name.endsWith('.k_proj.weight') ? config.kvHeads : 0;
  return heads === 0 ? tensor : interleaved(tensor, heads);
}

/** Moves row `i` of the first half of a head to `2i`, and row `i` of the second to `2i + 1`. */
export function interleaved({ shape, data }: Tensor, heads: number): Tensor {
  const [rows, columns] = shape;
  const size = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const within = row % size;
    const half = size / 2;
    const place = row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
    out.set(data.subarray(row * columns, (row + 1) * columns), place * columns);
  }
  return { shape, data: out };
}

/** Scaled frequencies are stored as the divisors of the plain ones. */
function ropeFactors(config: DecoderConfig): GgufTensor[] {
  const { headDim, ropeTheta, ropeScaling } = config;
  if (ropeScaling === undefined) return [];
  const [plain, scaled] = [rotaryFrequencies({ headDim, ropeTheta }), rotaryFrequencies(config)];
  const data = Float32Array.from(plain, (frequency, at) => frequency / scaled[at]);
  return [{ name: 'rope_freqs.weight', shape: [data.length], dtype: 'float32', data }];
}
