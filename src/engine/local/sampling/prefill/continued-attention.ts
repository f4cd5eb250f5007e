/**
 * Attention of the rest of prompts that share a beginning: B × T tokens, right-padded, after P tokens whose keys and
 * values are known. The keys of both are joined before the product, as if the whole prompt ran: each sum then has the
 * same terms in the same order as in `training/causal-attention.ts`, and the same bits.
 */

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { Attend } from '../../decoder.ts';
import { batchedProduct } from '../../graph/lowering.ts';
import type { OnnxGraph, Value } from '../../onnx/graph.ts';
import { type KeepKeysAndValues, SEQUENCE_INPUTS } from '../../training/causal-attention.ts';

/** Inputs in addition to `tokens`, `extent`, `selected`, `cosine` and `sine` of `SEQUENCE_INPUTS`. */
export const CONTINUED_INPUTS = {
  /** int64 [1]: P, the position of the first token. */
  start: 'start',
  /** float [T, P + T]: 0 up to each token, a large negative number after it. */
  mask: 'continued_mask',
  /** float [1, kvHeads, P, headDim] */
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
} as const;

/** Creates causal attention after a beginning. The query heads of one key head are stacked along time. */
export function continuedAttention(graph: OnnxGraph, config: DecoderConfig, keep: KeepKeysAndValues): Attend {
  const { heads, kvHeads, headDim } = config;
  const IN = CONTINUED_INPUTS;
  const numbers = (...values: number[]): Value => graph.constant('int64', values);
  const extent = graph.input(SEQUENCE_INPUTS.extent, 'int64', [2]);
  const start = graph.input(IN.start, 'int64', [1]);
  const mask = graph.input(IN.mask, 'float', ['T', 'PT']);
  const cosine = graph.input(SEQUENCE_INPUTS.cosine, 'float', ['M', headDim / 2]);
  const sine = graph.input(SEQUENCE_INPUTS.sine, 'float', ['M', headDim / 2]);
  const part = (at: number): Value => graph.node('Slice', [extent, numbers(at), numbers(at + 1)]);
  const [batch, time] = [part(0), part(1)];
  const shape = (...parts: (Value | number)[]): Value =>
    graph.node(
      'Concat',
      parts.map((one) => (typeof one === 'number' ? numbers(one) : one)),
      { attributes: { axis: 0 } },
    );
  const reshaped = (x: Value, to: Value): Value => graph.node('Reshape', [x, to]);
  const exchanged = (x: Value): Value => graph.node('Transpose', [x], { attributes: { perm: [0, 2, 1, 3] } });
  const perHead = (x: Value, count: number): Value => exchanged(reshaped(x, shape(extent, count, headDim)));
  const rotated = (x: Value, count: number): Value =>
    graph.node('RotaryEmbedding', [reshaped(x, shape(extent, count * headDim)), start, cosine, sine], {
      domain: 'com.microsoft',
      attributes: { num_heads: count },
    });
  const copies = shape(batch, 1, 1, 1);
  const apart = shape(batch, heads, time, headDim);
  const stacked = shape(batch, kvHeads, -1, headDim);
  const scoresApart = shape(batch, heads, time, -1);
  const joined = (name: string, own: Value): Value => {
    const past = graph.input(name, 'float', [1, kvHeads, 'P', headDim]);
    return graph.node('Concat', [graph.node('Expand', [past, copies]), own], { attributes: { axis: 2 } });
  };
  const scale = 1 / Math.sqrt(headDim);

  return (layer, q, k, v) => {
    const queries = reshaped(perHead(rotated(q, heads), heads), stacked);
    const keys = perHead(rotated(k, kvHeads), kvHeads);
    const values = perHead(v, kvHeads);
    keep(keys, values);
    const scores = batchedProduct(graph, queries, joined(IN.pastKey(layer), keys), { transB: true, alpha: scale }, 4);
    const masked = graph.node('Add', [reshaped(scores, scoresApart), mask]);
    const weights = graph.node('Softmax', [masked], { attributes: { axis: -1 } });
    const length = graph.node('Shape', [weights], { attributes: { start: 3, end: 4 } });
    const together = reshaped(weights, shape(batch, kvHeads, -1, length));
    const mixed = batchedProduct(graph, together, joined(IN.pastValue(layer), values), {}, 4);
    return reshaped(exchanged(reshaped(mixed, apart)), numbers(-1, heads * headDim));
  };
}
