/**
 * Attention over whole sequences of B × T tokens, right-padded. Padding is after all tokens, so the causal
 * mask alone excludes it. Used by scoring, training and prefill; attention of one token against a KV cache is
 * `sampling/cached-attention.ts`.
 */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Attend } from '../decoder.ts';
import * as op from '../graph/ops.ts';
import type { Tape } from '../graph/tape.ts';
import type { Value } from '../onnx/graph.ts';

/** Inputs of every graph over whole sequences, in addition to the parameters, which keep their names. */
export const SEQUENCE_INPUTS = {
  /** int32 [B·T] */
  tokens: 'tokens',
  /** int64 [2]: B, T */
  extent: 'extent',
  /** int32 [P]: flat rows whose next-token distribution is needed. */
  selected: 'selected',
  /** int32 [P] */
  targets: 'targets',
  /** float [P, 1]: dL/dlogprob */
  coefficients: 'coefficients',
  /** float [T, T]: 0, and a large negative number above the diagonal. */
  mask: 'mask',
  /** float [M, headDim / 2] */
  cosine: 'cosine',
  sine: 'sine',
  negativeSine: 'negative_sine',
} as const;

/** Receives each layer's rotated keys and values, `[B, kvHeads, T, headDim]`: the contents of a KV cache. */
export type KeepKeysAndValues = (keys: Value, values: Value) => void;

/**
 * Creates full causal attention. The query heads of one key head are stacked along time, so keys are never
 * repeated.
 */
export function causalAttention(tape: Tape, config: DecoderConfig, keep: KeepKeysAndValues = () => {}): Attend {
  const { heads, kvHeads, headDim } = config;
  const graph = tape.graph;
  const extent = graph.input(SEQUENCE_INPUTS.extent, 'int64', [2]);
  const mask = graph.input(SEQUENCE_INPUTS.mask, 'float', ['T', 'T']);
  const tables = {
    cosine: graph.input(SEQUENCE_INPUTS.cosine, 'float', ['M', headDim / 2]),
    sine: graph.input(SEQUENCE_INPUTS.sine, 'float', ['M', headDim / 2]),
    negativeSine: graph.input(SEQUENCE_INPUTS.negativeSine, 'float', ['M', headDim / 2]),
  };
  const batch = graph.node('Slice', [extent, graph.constant('int64', [0]), graph.constant('int64', [1])]);
  const time = graph.node('Slice', [extent, graph.constant('int64', [1]), graph.constant('int64', [2])]);
  const shapeOf = (...parts: (Value | number)[]): Value =>
    graph.node(
      'Concat',
      parts.map((part) => (typeof part === 'number' ? graph.constant('int64', [part]) : part)),
      {
        attributes: { axis: 0 },
      },
    );
  const rows = (count: number): Value => graph.constant('int64', [-1, count * headDim]);
  const sequences = (count: number): Value => shapeOf(extent, count * headDim);
  const split = (count: number): Value => shapeOf(extent, count, headDim);
  const perHead = (x: Value, count: number, before: Value): Value =>
    op.transpose(tape, op.reshape(tape, x, split(count), before), [0, 2, 1, 3]);
  const rotated = (x: Value, count: number): Value =>
    op.rotary(tape, op.reshape(tape, x, sequences(count), rows(count)), tables, count);
  const apart = shapeOf(batch, heads, time, headDim);
  const stacked = shapeOf(batch, kvHeads, -1, headDim);
  const scoresApart = shapeOf(batch, heads, time, time);
  const scoresStacked = shapeOf(batch, kvHeads, -1, time);

  return (_layer, q, k, v) => {
    const queries = op.reshape(tape, perHead(rotated(q, heads), heads, sequences(heads)), stacked, apart);
    const keys = perHead(rotated(k, kvHeads), kvHeads, sequences(kvHeads));
    const values = perHead(v, kvHeads, rows(kvHeads));
    keep(keys, values);
    const scores = op.matmul(tape, queries, keys, { transB: true, alpha: 1 / Math.sqrt(headDim) });
    const scoresPerHead = op.reshape(tape, scores, scoresApart, scoresStacked);
    const weights = op.softmax(tape, op.addConstant(tape, scoresPerHead, mask));
    const mixed = op.matmul(tape, op.reshape(tape, weights, scoresStacked, scoresApart), values);
    const together = op.transpose(tape, op.reshape(tape, mixed, apart, stacked), [0, 2, 1, 3]);
    return op.reshape(tape, together, rows(heads), split(heads));
  };
}
