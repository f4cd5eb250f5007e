/**
 * The graphs for sampling. `prefillGraph` runs prompts and returns their keys and values; `continuedGraph` runs the
 * rest of prompts after a beginning that has run (`prefill/continued-attention.ts`); `decodingGraph` runs one new token per
 * sequence against the KV cache (`cached-attention.ts`). Sessions over them: `prefill/prefill.ts`, `decoding.ts`.
 */

import { adapterTensors } from '../../../models/adapters/adapter.ts';
import { decoderTensors, type DecoderConfig, type Weights } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import { cachedAttention, DECODING_INPUTS } from './cached-attention.ts';
import { continuedAttention } from './prefill/continued-attention.ts';
import { causalAttention, type KeepKeysAndValues, SEQUENCE_INPUTS } from '../training/causal-attention.ts';
import { type Attend, adaptersIn, decoderHidden, decoderLogits, type Parameters } from '../decoder.ts';
import { logSoftmax } from '../graph/lowering.ts';
import { modelInputs, type Precision } from '../graph/model-inputs.ts';
import { Tape } from '../graph/tape.ts';
import { type ExternalValues, OnnxGraph, type Value } from '../onnx/graph.ts';
import type { Target } from '../onnx/targets.ts';

export interface CachingGraph {
  model: Uint8Array;
  /** Data of its initializers. */
  external: readonly ExternalValues[];
  /** Output `[P, vocabulary]`: raw log-probabilities at each selected row. */
  logDistribution: Value;
  /** Outputs per layer: prefill `[B, kvHeads, T, headDim]`, decoding `[B, kvHeads, 1, headDim]`. */
  keys: Value[];
  values: Value[];
}

/** Tokens per block of `DecodingGraph.blockMass`. */
export const BLOCK = 256;
/** From this vocabulary size on, drawing a token reads the mass of blocks first. */
const LARGE_VOCABULARY = 4096;

export interface DecodingGraph extends CachingGraph {
  /** Output `[B, ⌈vocabulary / BLOCK⌉]`: probability of each block of tokens. Null for a small vocabulary. */
  blockMass: Value | null;
}

/**
 * Builds the prefill graph. Weights are inputs, so one session serves all versions. Inputs: `SEQUENCE_INPUTS`
 * and the parameters.
 */
export function prefillGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null = null,
  target: Target = 'cpu',
  precision: Precision = 'float32',
): CachingGraph {
  return promptGraph(config, adapter, { target, precision }, causalAttention);
}

/**
 * Builds the graph for the rest of prompts after a beginning. Inputs: those of `prefillGraph` and `CONTINUED_INPUTS`.
 * Returns the keys and values of the rest.
 */
export function continuedGraph(config: DecoderConfig, adapter: AdapterShape | null = null): CachingGraph {
  const attention: PromptAttention = ({ graph }, ...rest) => continuedAttention(graph, ...rest);
  return promptGraph(config, adapter, { target: 'cpu', precision: 'float32' }, attention);
}

/** Creates the attention over the tokens of prompts. */
type PromptAttention = (tape: Tape, config: DecoderConfig, keep: KeepKeysAndValues) => Attend;

function promptGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  { target, precision }: { target: Target; precision: Precision },
  attention: PromptAttention,
): CachingGraph {
  const graph = new OnnxGraph(target);
  const tape = new Tape(graph);
  const inputs = modelInputs(graph, config, adapter, precision);
  const keys: Value[] = [];
  const values: Value[] = [];
  const attend = attention(tape, config, (key, value) => {
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
 * Builds the decoding graph. The base's weights are initializers, so that the runtime prepacks them. An
 * adapter's factors, a few per cent of that size, are inputs, so that one session serves all adapters of one
 * shape.
 *
 * @param positions maximum sequence length of the rotary tables
 */
export function decodingGraph(
  config: DecoderConfig,
  weights: Weights,
  positions: number,
  adapter: AdapterShape | null = null,
): DecodingGraph {
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
  const attend = cachedAttention(graph, config, positions, (key, value) => {
    keys.push(graph.output(key, 'float'));
    values.push(graph.output(value, 'float'));
  });
  const tokens = graph.input(DECODING_INPUTS.tokens, 'int32', ['B']);
  const parameters = lookup(stored);
  const adapters = adaptersIn(parameters, adapter, rowsBelow(adapter));
  const hidden = decoderHidden(tape, config, parameters, tokens, attend, adapters);
  const distribution = logDistribution(tape, config, parameters, hidden);
  const blockMass = config.vocabulary < LARGE_VOCABULARY ? null : massOfBlocks(graph, config.vocabulary, distribution);
  const outputs = { logDistribution: distribution, blockMass, keys, values };
  return { ...outputs, model: graph.finish(), external: graph.external };
}

/**
 * Rows that the product with an adapter's factor A gets in addition. With several threads, the runtime divides a product
 * that has fewer rows than columns by columns, in multiples of 16, and a sum then has other last bits.
 */
function rowsBelow(adapter: AdapterShape | null): number {
  return adapter === null || adapter.rank <= 16 ? 0 : adapter.rank;
}

/** Sums the probability of each block of `BLOCK` tokens, from log-probabilities `[B, vocabulary]`. */
function massOfBlocks(graph: OnnxGraph, vocabulary: number, logDistribution: Value): Value {
  const blocks = Math.ceil(vocabulary / BLOCK);
  const missing = blocks * BLOCK - vocabulary;
  const probabilities = graph.node('Exp', [logDistribution]);
  const whole =
    missing === 0 ? probabilities : graph.node('Pad', [probabilities, graph.constant('int64', [0, 0, 0, missing])]);
  const apart = graph.node('Reshape', [whole, graph.constant('int64', [-1, blocks, BLOCK])]);
  return graph.output(
    graph.node('ReduceSum', [apart, graph.constant('int64', [-1])], { attributes: { keepdims: 0 } }),
    'float',
  );
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
  return tape.graph.output(logSoftmax(tape.graph, logits), 'float');
}
