/**
 * The single definition of the decoder (Qwen3, Qwen2 and Llama families): embedding, layers of attention and
 * SwiGLU with RMSNorm before each, final norm. Training, scoring, prefill and decoding differ only in the
 * `Attend` that they pass. Next: `training/training-graph.ts` and `sampling/decoding-graph.ts` assemble the
 * graphs.
 */

import { factorName } from '../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { rotaryFrequencies } from '../../models/rotary.ts';
import * as op from './graph/ops.ts';
import type { Tape } from './graph/tape.ts';
import type { Value } from './onnx/graph.ts';

/** Returns a parameter by its Hugging Face name. */
export type Parameters = (name: string) => Value;

/**
 * The factors of an adapted matrix, `A` `[rank, in]` and `B` `[out, rank]`, and the scale of their product.
 */
export interface LowRank {
  a: Value;
  b: Value;
  scale: number;
  /** Rows of zeros that are added to the input of `A`. */
  moreRows: number;
}

/**
 * Returns the adapter of a matrix by its module's name (`model.layers.0.self_attn.q_proj`), or null if it has
 * none.
 */
export type Adapters = (module: string) => LowRank | null;

/** Computes `x Wᵀ` of one matrix, adapter included, by its name within the layer (`self_attn.q_proj`). */
type Project = (matrix: string, x: Value) => Value;

/**
 * Computes the attention of one layer: q `[N, heads·headDim]`, k and v `[N, kvHeads·headDim]` to `[N,
 * heads·headDim]`.
 */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value;

/**
 * Emits the final hidden states `[N, hidden]` of flat `tokens` `[N]`. Without `adapters`, the weights are
 * used unmodified.
 */
export function decoderHidden(
  tape: Tape,
  config: DecoderConfig,
  parameters: Parameters,
  tokens: Value,
  attend: Attend,
  adapters: Adapters = () => null,
): Value {
  let x = op.gatherRows(tape, parameters('model.embed_tokens.weight'), tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    x = decoderLayer(tape, config, parameters, layer, x, attend, adapters);
  }
  return finalNorm(tape, config, parameters, x);
}

/** Emits one layer; returns the residual stream `[N, hidden]` after it. */
export function decoderLayer(
  tape: Tape,
  config: DecoderConfig,
  parameters: Parameters,
  layer: number,
  x: Value,
  attend: Attend,
  adapters: Adapters = () => null,
): Value {
  const own: Parameters = (name) => parameters(`model.layers.${layer}.${name}`);
  const project: Project = (matrix, input) =>
    linear(tape, input, own(`${matrix}.weight`), adapters(`model.layers.${layer}.${matrix}`));
  const normed = op.rmsNorm(tape, x, own('input_layernorm.weight'), config.rmsEpsilon);
  const attended = op.add(
    tape,
    x,
    attentionBlock(tape, config, own, project, normed, (q, k, v) => attend(layer, q, k, v)),
  );
  const again = op.rmsNorm(tape, attended, own('post_attention_layernorm.weight'), config.rmsEpsilon);
  return op.add(tape, attended, gatedBlock(tape, project, again));
}

/** Emits the final norm of the residual stream `[rows, hidden]`: the input of the output matrix. */
export function finalNorm(tape: Tape, config: DecoderConfig, parameters: Parameters, x: Value): Value {
  return op.rmsNorm(tape, x, parameters('model.norm.weight'), config.rmsEpsilon);
}

/** Emits the logits `[rows, vocabulary]` of hidden states. */
export function decoderLogits(tape: Tape, config: DecoderConfig, parameters: Parameters, hidden: Value): Value {
  return linear(tape, hidden, parameters(outputMatrix(config)));
}

/** Returns the name of the output matrix `[vocabulary, hidden]`. */
export function outputMatrix(config: DecoderConfig): string {
  return config.tied ? 'model.embed_tokens.weight' : 'lm_head.weight';
}

function attentionBlock(
  tape: Tape,
  config: DecoderConfig,
  own: Parameters,
  project: Project,
  x: Value,
  attend: (q: Value, k: Value, v: Value) => Value,
): Value {
  const projected = (name: string): Value => {
    const out = project(`self_attn.${name}`, x);
    return config.qkvBias === true ? op.addBias(tape, out, own(`self_attn.${name}.bias`)) : out;
  };
  let q = projected('q_proj');
  let k = projected('k_proj');
  const v = projected('v_proj');
  if (config.qkNorm) {
    q = headNorm(tape, config, q, own('self_attn.q_norm.weight'), config.heads);
    k = headNorm(tape, config, k, own('self_attn.k_norm.weight'), config.kvHeads);
  }
  return project('self_attn.o_proj', attend(q, k, v));
}

function gatedBlock(tape: Tape, project: Project, x: Value): Value {
  const gate = project('mlp.gate_proj', x);
  const up = project('mlp.up_proj', x);
  return project('mlp.down_proj', op.swiglu(tape, gate, up));
}

function headNorm(tape: Tape, config: DecoderConfig, x: Value, weight: Value, heads: number): Value {
  const shapeOf = (...dims: number[]): Value => tape.graph.constant('int64', dims);
  const [narrow, wide] = [shapeOf(-1, config.headDim), shapeOf(-1, heads * config.headDim)];
  const perHead = op.reshape(tape, x, narrow, wide);
  const normed = op.rmsNorm(tape, perHead, weight, config.rmsEpsilon);
  return op.reshape(tape, normed, wide, narrow);
}

/**
 * Emits `x wᵀ`, plus `scale · (x aᵀ) bᵀ` if the matrix is adapted. Hugging Face stores matrices as [out, in].
 */
function linear(tape: Tape, x: Value, weight: Value, adapter: LowRank | null = null): Value {
  const out = op.linear(tape, x, weight);
  if (adapter === null) return out;
  // The runtime has a different kernel for a single row, with other rounding, unless the product has a
  // factor.
  const alpha = adapter.scale === 2 ? 4 : 2;
  const inner = withMoreRows(tape, x, adapter.moreRows, (rows) => op.linear(tape, rows, adapter.a, alpha));
  return op.add(tape, out, op.linear(tape, inner, adapter.b, adapter.scale / alpha));
}

/** Emits a product of `x` and of `count` rows of zeros below it, whose results are cut off. */
function withMoreRows({ graph }: Tape, x: Value, count: number, product: (rows: Value) => Value): Value {
  if (count === 0) return product(x);
  const numbers = (...values: number[]): Value => graph.constant('int64', values);
  const out = product(graph.node('Pad', [x, numbers(0, 0, count, 0)]));
  return graph.node('Slice', [out, numbers(0), numbers(-count), numbers(0)]);
}

/**
 * Returns the adapters of one shape, looked up among a graph's values by name.
 *
 * @param moreRows zeros that are added below the input of A; no gradient passes through them
 */
export function adaptersIn(parameters: Parameters, shape: AdapterShape | null, moreRows = 0): Adapters {
  if (shape === null) return () => null;
  const scale = shape.alpha / shape.rank;
  return (module) =>
    shape.targets.some((target) => module.endsWith(`.${target}`))
      ? { a: parameters(factorName(module, 'A')), b: parameters(factorName(module, 'B')), scale, moreRows }
      : null;
}

/** Computes rotary tables `[positions, headDim / 2]`, row-major. */
export function rotaryTables(config: DecoderConfig, positions: number): { cosine: Float32Array; sine: Float32Array } {
  const half = config.headDim / 2;
  const cosine = new Float32Array(positions * half);
  const sine = new Float32Array(positions * half);
  const frequencies = rotaryFrequencies(config);
  for (let i = 0; i < half; i++) {
    const frequency = frequencies[i];
    for (let position = 0; position < positions; position++) {
      cosine[position * half + i] = Math.cos(position * frequency);
      sine[position * half + i] = Math.sin(position * frequency);
    }
  }
  return { cosine, sine };
}
