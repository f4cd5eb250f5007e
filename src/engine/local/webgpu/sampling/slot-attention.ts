/**
 * Attention of one new token per slot against a KV cache on the device. The new keys and values are written into the
 * cache first, in place, so that a slot reads its own token there. A slot reads the whole length of the cache; positions
 * after its token are masked, and add exactly zero to a sum.
 */

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { Attend } from '../../decoder.ts';
import type { OnnxGraph, Value } from '../../onnx/graph.ts';

/** Inputs of the step graph for S slots of at most T tokens, in addition to the parameters. */
export const STEP_INPUTS = {
  /** int32 [S] */
  tokens: 'tokens',
  /** int64 [S, 1]: position of each token. */
  positions: 'positions',
  /** float [S, 1, 1, 1]: the same. */
  reach: 'reach',
  /** float [1, 1, 1, T]: 0, 1, 2, … */
  range: 'range',
  /** int64 [S, kvHeads, 3]: slot, key head and position that the new keys and values are written to. */
  cells: 'cells',
  /** float [M, headDim / 2] */
  cosine: 'cosine',
  sine: 'sine',
  /** float [S, kvHeads, T, headDim] */
  key: (layer: number) => `key_${layer}`,
  value: (layer: number) => `value_${layer}`,
} as const;

const IN = STEP_INPUTS;

/** Receives each layer's caches after the write; they are outputs to fetch into the fed caches. */
export type KeepCaches = (layer: number, keys: Value, values: Value) => void;

export function slotAttention(graph: OnnxGraph, config: DecoderConfig, keep: KeepCaches): Attend {
  const { heads, kvHeads, headDim } = config;
  const perKey = heads / kvHeads;
  const reshaped = (x: Value, ...dims: number[]): Value => graph.node('Reshape', [x, graph.constant('int64', dims)]);
  const rotated = rotation(graph, headDim);
  const mask = maskAfter(graph);
  const cells = graph.input(IN.cells, 'int64', ['S', kvHeads, 3]);
  const scale = graph.constant('float', [1 / Math.sqrt(headDim)]);
  const cache = (name: string): Value => graph.input(name, 'float', ['S', kvHeads, 'T', headDim]);
  const written = (name: string, x: Value): Value =>
    graph.output(graph.node('ScatterND', [cache(name), cells, reshaped(x, -1, kvHeads, headDim)]), 'float');
  const turned = (x: Value): Value => graph.node('Transpose', [x], { attributes: { perm: [0, 1, 3, 2] } });

  return (layer, q, k, v) => {
    const keys = written(IN.key(layer), rotated(k, kvHeads));
    const values = written(IN.value(layer), v);
    keep(layer, keys, values);
    const queries = reshaped(graph.node('Mul', [rotated(q, heads), scale]), -1, kvHeads, perKey, headDim);
    // The small factor is transposed: transposing the keys would copy the whole cache.
    const scores = turned(graph.node('MatMul', [keys, turned(queries)]));
    const weights = graph.node('Softmax', [graph.node('Add', [scores, mask])], { attributes: { axis: -1 } });
    return reshaped(graph.node('MatMul', [weights, values]), -1, heads * headDim);
  };
}

/** Emits the mask `[S, 1, 1, T]`: 0 up to a slot's position, a large negative number after it. */
function maskAfter(graph: OnnxGraph): Value {
  const reach = graph.input(IN.reach, 'float', ['S', 1, 1, 1]);
  const range = graph.input(IN.range, 'float', [1, 1, 1, 'T']);
  const number = (value: number): Value => graph.constant('float', [value]);
  return graph.node('Where', [graph.node('Greater', [range, reach]), number(-1e9), number(0)]);
}

/** Rotates `[S, count · headDim]` to each slot's position; returns `[S, 1, count · headDim]`. */
function rotation(graph: OnnxGraph, headDim: number): (x: Value, count: number) => Value {
  const cosine = graph.input(IN.cosine, 'float', ['M', headDim / 2]);
  const sine = graph.input(IN.sine, 'float', ['M', headDim / 2]);
  const positions = graph.input(IN.positions, 'int64', ['S', 1]);
  return (x, count) => {
    const row = graph.node('Reshape', [x, graph.constant('int64', [-1, 1, count * headDim])]);
    return graph.node('RotaryEmbedding', [row, positions, cosine, sine], {
      domain: 'com.microsoft',
      attributes: { num_heads: count },
    });
  };
}
