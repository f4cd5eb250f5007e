/**
 * The two graphs that sample. `prefillGraph` runs prompts and hands out their keys and values;
 * `decodingGraph` takes one new token per sequence against a cache. The cache is only read: its products
 * with the query and the new token's own are joined before the softmax, and the new keys and values,
 * a few floats, are returned for the caller to store, so the cache is never copied.
 */

import { adapterTensors, modelTensors } from '../../models/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import { decoderTensors, type DecoderConfig, type Weights } from '../../models/decoder-config.ts';
import { causalAttention, SEQUENCE_INPUTS } from './causal-attention.ts';
import { adaptersIn, decoderHidden, decoderLogits, rotaryTables, type Attend, type Parameters } from './decoder.ts';
import { Tape } from './graph/tape.ts';
import { type ExternalValues, OnnxGraph, type Value } from './onnx/graph.ts';

export interface CachingGraph {
  model: Uint8Array;
  /** Values of its initializers. */
  external: readonly ExternalValues[];
  /** Output `[P, vocabulary]`: raw log-distribution at each selected row. */
  logDistribution: Value;
  /** Outputs per layer: prefill `[B, kvHeads, T, headDim]`, decoding `[B, kvHeads, 1, headDim]`. */
  keys: Value[];
  values: Value[];
}

/** Inputs of the decoding graph. */
export const DECODING_INPUTS = {
  /** int32 [B] */
  tokens: 'tokens',
  /** int64 [B, 1]: position of each token. */
  positions: 'positions',
  /** float [B, 1, 1, capacity]: 0 where the cache holds a token of the sequence, else a large negative number. */
  mask: 'mask',
  /** float [B, kvHeads, capacity, headDim] */
  pastKey: (layer: number) => `past_key_${layer}`,
  pastValue: (layer: number) => `past_value_${layer}`,
} as const;

/** Weights are inputs, so that one session serves every version. Inputs: `SEQUENCE_INPUTS`, and the parameters. */
export function prefillGraph(config: DecoderConfig, adapter: AdapterShape | null = null): CachingGraph {
  const graph = new OnnxGraph();
  const tape = new Tape(graph);
  const inputs = new Map(
    modelTensors(config, adapter).map(({ name, shape }) => [name, graph.input(name, 'float', shape)]),
  );
  const keys: Value[] = [];
  const values: Value[] = [];
  const attend = causalAttention(tape, config, (key, value) => {
    keys.push(graph.output(key, 'float'));
    values.push(graph.output(value, 'float'));
  });
  const tokens = graph.input(SEQUENCE_INPUTS.tokens, 'int32', ['N']);
  const selected = graph.input(SEQUENCE_INPUTS.selected, 'int32', ['P']);
  const parameters = lookup(inputs);
  const hidden = decoderHidden(tape, config, parameters, tokens, attend, adaptersIn(parameters, adapter));
  const last = graph.node('Gather', [hidden, selected], { attributes: { axis: 0 } });
  const outputs = { logDistribution: logDistribution(tape, config, parameters, last), keys, values };
  return { ...outputs, model: graph.finish(), external: graph.external };
}

/**
 * The base's weights are initializers, so that the runtime prepacks them. An adapter's factors, a few per cent of them,
 * are inputs, so that one session serves every adapter of one shape over the base.
 * @param positions longest sequence that the rotary tables cover
 */
export function decodingGraph(
  config: DecoderConfig,
  weights: Weights,
  positions: number,
  adapter: AdapterShape | null = null,
): CachingGraph {
  const graph = new OnnxGraph();
  const tape = new Tape(graph);
  const stored = new Map(
    decoderTensors(config).map(({ name, shape }) => [
      name,
      graph.initializer(name, weights.get(name)?.data ?? new Float32Array(0), shape),
    ]),
  );
  for (const { name, shape } of adapter === null ? [] : adapterTensors(config, adapter)) {
    stored.set(name, graph.input(name, 'float', shape));
  }
  const keys: Value[] = [];
  const values: Value[] = [];
  const attend = cachedAttention(graph, config, positions, keys, values);
  const tokens = graph.input(DECODING_INPUTS.tokens, 'int32', ['B']);
  const parameters = lookup(stored);
  const hidden = decoderHidden(tape, config, parameters, tokens, attend, adaptersIn(parameters, adapter));
  const outputs = { logDistribution: logDistribution(tape, config, parameters, hidden), keys, values };
  return { ...outputs, model: graph.finish(), external: graph.external };
}

function lookup(values: ReadonlyMap<string, Value>): Parameters {
  return (name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`the decoder has no parameter ${name}`);
    return value;
  };
}

function logDistribution(tape: Tape, config: DecoderConfig, parameters: Parameters, hidden: Value): Value {
  const logits = decoderLogits(tape, config, parameters, hidden);
  return tape.graph.output(tape.graph.node('LogSoftmax', [logits], { attributes: { axis: -1 } }), 'float');
}

/** One query per sequence over its cache and itself. */
function cachedAttention(
  graph: OnnxGraph,
  config: DecoderConfig,
  positions: number,
  keys: Value[],
  values: Value[],
): Attend {
  const { heads, kvHeads, headDim } = config;
  const tables = rotaryTables(config, positions);
  const cosine = graph.initializer('cosine', tables.cosine, [positions, headDim / 2]);
  const sine = graph.initializer('sine', tables.sine, [positions, headDim / 2]);
  const position = graph.input(DECODING_INPUTS.positions, 'int64', ['B', 1]);
  const mask = graph.input(DECODING_INPUTS.mask, 'float', ['B', 1, 1, 'capacity']);
  const cache = ['B', kvHeads, 'capacity', headDim];
  const reshaped = (x: Value, ...dims: number[]): Value => graph.node('Reshape', [x, graph.constant('int64', dims)]);
  const rotated = (x: Value, count: number): Value =>
    graph.node('RotaryEmbedding', [reshaped(x, -1, 1, count * headDim), position, cosine, sine], {
      domain: 'com.microsoft',
      attributes: { num_heads: count },
    });
  const scale = 1 / Math.sqrt(headDim);
  // A single row times a matrix has a kernel of its own, several times faster, which takes no factor.
  const singleRow = heads === kvHeads;
  const scaled = (query: Value): Value =>
    singleRow ? graph.node('Mul', [query, graph.constant('float', [scale])]) : query;
  const scoresAgainst = (query: Value, key: Value): Value =>
    graph.node('FusedMatMul', [query, key], {
      domain: 'com.microsoft',
      attributes: { transB: 1, alpha: { float: singleRow ? 1 : scale } },
    });

  return (layer, q, k, v) => {
    const pastKey = graph.input(DECODING_INPUTS.pastKey(layer), 'float', cache);
    const pastValue = graph.input(DECODING_INPUTS.pastValue(layer), 'float', cache);
    const query = reshaped(rotated(scaled(q), heads), -1, kvHeads, heads / kvHeads, headDim);
    const key = reshaped(rotated(k, kvHeads), -1, kvHeads, 1, headDim);
    const value = reshaped(v, -1, kvHeads, 1, headDim);
    keys.push(graph.output(key, 'float'));
    values.push(graph.output(value, 'float'));
    const before = graph.node('Add', [scoresAgainst(query, pastKey), mask]);
    const joined = graph.node('Concat', [before, scoresAgainst(query, key)], { attributes: { axis: -1 } });
    const weights = graph.node('Softmax', [joined], { attributes: { axis: -1 } });
    const last = graph.constant('int64', [-1]);
    const past = graph.node('Slice', [weights, graph.constant('int64', [0]), last, last]);
    const own = graph.node('Slice', [weights, last, graph.constant('int64', [2 ** 31]), last]);
    const mixed = graph.node('MatMul', [past, pastValue]);
    const out = graph.node('Add', [mixed, graph.node('Mul', [own, value])]);
    return reshaped(out, -1, heads * headDim);
  };
}
