/**
 * The properties of a decoder that the engine needs, independent of its family. `arch/` converts a Hugging
 * Face `config.json` to this type; tensor names stay those of Hugging Face
 * (`model.layers.0.self_attn.q_proj.weight`, …).
 */

import type { RotaryScaling } from './rotary.ts';

export interface DecoderConfig {
  architecture: 'qwen3' | 'qwen2' | 'llama';
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediate: number;
  vocabulary: number;
  maxPositions: number;
  ropeTheta: number;
  /** Absent: no scaling. */
  ropeScaling?: RotaryScaling;
  rmsEpsilon: number;
  /** The output matrix is the embedding (tied weights). */
  tied: boolean;
  /** RMSNorm on every query and key head (Qwen3). */
  qkNorm: boolean;
  /** Bias on the query, key and value projections (Qwen2). Absent: none. */
  qkvBias?: boolean;
}

export interface Tensor {
  /** Row-major. */
  shape: number[];
  data: Float32Array;
}

/** Tensors by Hugging Face name, in a stable order. */
export type Weights = Map<string, Tensor>;

/** Lists names and shapes of a decoder's tensors, in storage order. */
export function decoderTensors(config: DecoderConfig): { name: string; shape: number[] }[] {
  const { hidden, heads, kvHeads, headDim, intermediate, vocabulary } = config;
  const list = [{ name: 'model.embed_tokens.weight', shape: [vocabulary, hidden] }];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    list.push(
      { name: `${at}.input_layernorm.weight`, shape: [hidden] },
      { name: `${at}.self_attn.q_proj.weight`, shape: [heads * headDim, hidden] },
      { name: `${at}.self_attn.k_proj.weight`, shape: [kvHeads * headDim, hidden] },
      { name: `${at}.self_attn.v_proj.weight`, shape: [kvHeads * headDim, hidden] },
      { name: `${at}.self_attn.o_proj.weight`, shape: [hidden, heads * headDim] },
    );
    if (config.qkvBias === true) {
      list.push(
        { name: `${at}.self_attn.q_proj.bias`, shape: [heads * headDim] },
        { name: `${at}.self_attn.k_proj.bias`, shape: [kvHeads * headDim] },
        { name: `${at}.self_attn.v_proj.bias`, shape: [kvHeads * headDim] },
      );
    }
    if (config.qkNorm) {
      list.push(
        { name: `${at}.self_attn.q_norm.weight`, shape: [headDim] },
        { name: `${at}.self_attn.k_norm.weight`, shape: [headDim] },
      );
    }
    list.push(
      { name: `${at}.post_attention_layernorm.weight`, shape: [hidden] },
      { name: `${at}.mlp.gate_proj.weight`, shape: [intermediate, hidden] },
      { name: `${at}.mlp.up_proj.weight`, shape: [intermediate, hidden] },
      { name: `${at}.mlp.down_proj.weight`, shape: [hidden, intermediate] },
    );
  }
  list.push({ name: 'model.norm.weight', shape: [hidden] });
  if (!config.tied) list.push({ name: 'lm_head.weight', shape: [vocabulary, hidden] });
  return list;
}

/** Counts the parameters of a decoder. */
export function parameterCount(config: DecoderConfig): number {
  return decoderTensors(config).reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
}
