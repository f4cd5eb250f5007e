/**
 * Attention of one new token per sequence: over its prompt, over its own tokens so far, and over itself.
 * Sequences that share a prompt form a group: their queries are stacked, so that the prompt's keys and values
 * are read once for all of them.
 *
 * Neither KV cache is written here. The scores over all three parts are concatenated before the softmax, and
 * the new keys and values are returned for the caller to store. Next: `decoding-graph.ts`.
 */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { rotaryTables, type Attend } from '../decoder.ts';
import type { OnnxGraph, Value } from '../onnx/graph.ts';

/** Inputs of the decoding graph: B sequences in G groups of at most R members. */
export const DECODING_INPUTS = {
  /** int32 [B] */
  tokens: 'tokens',
  /** int64 [B, 1]: position of each token, counting the prompt. */
  positions: 'positions',
  /** int64 [2]: G, R */
  groups: 'groups',
  /** int32 [G·R]: the sequence in each place of each group; any sequence for an empty place. */
  members: 'members',
  /** int32 [B]: the place of each sequence, `group · R + place`. */
  places: 'places',
  /** float [G, 1, 1, P]: 0 where a prompt has a token, otherwise a large negative number. */
  promptMask: 'prompt_mask',
  /** float [B, 1, 1, C]: 0 where a sequence's cache has a token, otherwise a large negative number. */
  mask: 'mask',
  /** float [G, kvHeads, P, headDim] */
  promptKey: (layer: number) => `prompt_key_${layer}`,
  promptValue: (layer: number) => `prompt_value_${layer}`,
  /** float [B, kvHeads, C, headDim] */
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
} as const;

const IN = DECODING_INPUTS;

/** Receives each layer's new keys and values, `[B, kvHeads, 1, headDim]`. */
export type KeepNew = (key: Value, value: Value) => void;

/**
 * Creates the attention of the decoding graph.
 *
 * @param positions maximum sequence length of the rotary tables
 */
export function cachedAttention(graph: OnnxGraph, config: DecoderConfig, positions: number, keep: KeepNew): Attend {
  const { heads, kvHeads, headDim } = config;
  const perKey = heads / kvHeads;
  const reshaped = (x: Value, ...dims: number[]): Value => graph.node('Reshape', [x, graph.constant('int64', dims)]);
  const rotated = rotation(graph, config, positions);
  const promptMask = graph.input(IN.promptMask, 'float', ['G', 1, 1, 'P']);
  const mask = graph.input(IN.mask, 'float', ['B', 1, 1, 'C']);
  const { stack, unstack } = stacking(graph, kvHeads, perKey);
  const scale = 1 / Math.sqrt(headDim);
  // A single row times a matrix has its own kernel, several times faster, which takes no factor.
  const singleRow = perKey === 1;
  const scaled = (query: Value): Value =>
    singleRow ? graph.node('Mul', [query, graph.constant('float', [scale])]) : query;
  const scoresAgainst = (query: Value, key: Value): Value =>
    graph.node('FusedMatMul', [query, key], {
      domain: 'com.microsoft',
      attributes: { transB: 1, alpha: { float: singleRow ? 1 : scale } },
    });

  return (layer, q, k, v) => {
    const cache = (name: string, rows: string, length: string): Value =>
      graph.input(name, 'float', [rows, kvHeads, length, headDim]);
    const promptKey = cache(IN.promptKey(layer), 'G', 'P');
    const promptValue = cache(IN.promptValue(layer), 'G', 'P');
    const pastKey = cache(IN.pastKey(layer), 'B', 'C');
    const pastValue = cache(IN.pastValue(layer), 'B', 'C');
    const query = reshaped(rotated(scaled(q), heads), -1, kvHeads, perKey, headDim);
    const key = reshaped(rotated(k, kvHeads), -1, kvHeads, 1, headDim);
    const value = reshaped(v, -1, kvHeads, 1, headDim);
    keep(key, value);

    const overPrompt = unstack(graph.node('Add', [scoresAgainst(stack(query), promptKey), promptMask]));
    const overPast = graph.node('Add', [scoresAgainst(query, pastKey), mask]);
    const scores = [overPrompt, overPast, scoresAgainst(query, key)];
    const joined = graph.node('Concat', scores, { attributes: { axis: -1 } });
    const weights = graph.node('Softmax', [joined], { attributes: { axis: -1 } });
    const lengths = graph.node(
      'Concat',
      scores.map((one) => graph.node('Shape', [one], { attributes: { start: 3, end: 4 } })),
      { attributes: { axis: 0 } },
    );
    const [prompt, past, own] = graph.nodes('Split', [weights, lengths], 3, { attributes: { axis: -1 } });
    const fromPrompt = unstack(graph.node('MatMul', [stack(prompt), promptValue]));
    const fromPast = graph.node('MatMul', [past, pastValue]);
    const fromOwn = graph.node('Mul', [own, value]);
    const mixed = graph.node('Add', [graph.node('Add', [fromPrompt, fromPast]), fromOwn]);
    return reshaped(mixed, -1, heads * headDim);
  };
}

/** Rotates `[B, count·headDim]` to each sequence's position. */
function rotation(graph: OnnxGraph, config: DecoderConfig, positions: number): (x: Value, count: number) => Value {
  const { headDim } = config;
  const tables = rotaryTables(config, positions);
  const cosine = graph.initializer('cosine', tables.cosine, [positions, headDim / 2]);
  const sine = graph.initializer('sine', tables.sine, [positions, headDim / 2]);
  const position = graph.input(IN.positions, 'int64', ['B', 1]);
  return (x, count) => {
    const row = graph.node('Reshape', [x, graph.constant('int64', [-1, 1, count * headDim])]);
    return graph.node('RotaryEmbedding', [row, position, cosine, sine], {
      domain: 'com.microsoft',
      attributes: { num_heads: count },
    });
  };
}

interface Stacking {
  /** `[B, kvHeads, perKey, width]` to `[G, kvHeads, R·perKey, width]`. */
  stack: (x: Value) => Value;
  /** The inverse; the contents of empty places are dropped. */
  unstack: (x: Value) => Value;
}

function stacking(graph: OnnxGraph, kvHeads: number, perKey: number): Stacking {
  const groups = graph.input(IN.groups, 'int64', [2]);
  const members = graph.input(IN.members, 'int32', ['GR']);
  const places = graph.input(IN.places, 'int32', ['B']);
  const constant = (...values: number[]): Value => graph.constant('int64', values);
  const part = (at: number): Value => graph.node('Slice', [groups, constant(at), constant(at + 1)]);
  const shape = (...parts: Value[]): Value => graph.node('Concat', parts, { attributes: { axis: 0 } });
  const [count, size] = [part(0), part(1)];
  const byPlace = shape(groups, constant(kvHeads, perKey, -1));
  const byHead = shape(count, constant(kvHeads), size, constant(perKey, -1));
  const stacked = shape(count, constant(kvHeads), graph.node('Mul', [size, constant(perKey)]), constant(-1));
  const flat = shape(graph.node('Mul', [count, size]), constant(kvHeads, perKey, -1));
  const rows = (x: Value, indices: Value): Value => graph.node('Gather', [x, indices], { attributes: { axis: 0 } });
  const exchanged = (x: Value, from: Value, to: Value): Value => {
    const apart = graph.node('Reshape', [x, from]);
    const turned = graph.node('Transpose', [apart], { attributes: { perm: [0, 2, 1, 3, 4] } });
    return graph.node('Reshape', [turned, to]);
  };
  return {
    stack: (x) => exchanged(rows(x, members), byPlace, stacked),
    unstack: (x) => rows(exchanged(x, byHead, flat), places),
  };
}
