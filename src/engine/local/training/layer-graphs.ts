/**
 * The decoder as separate graphs, for training with activation recomputation: a layer forward, a layer
 * forward and backward, and the end (final norm, output matrix). All layers have the same shape, so one
 * session serves all of them; a layer's parameters use the names of layer 0. The operators are those of
 * `decoder.ts`. Next: `layered-training.ts`.
 */

import { modelTensors, trainableTensors } from '../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import { causalAttention, SEQUENCE_INPUTS } from './causal-attention.ts';
import { adaptersIn, decoderLayer, finalNorm, outputMatrix, type Parameters } from '../decoder.ts';
import { Tape } from '../graph/tape.ts';
import { type GradientSum, sumInputs, sumOf, sumOutputs } from './gradient-sums.ts';
import { headSeeds, type HeadScores, trainingRows } from './head.ts';
import { OnnxGraph, type Value } from '../onnx/graph.ts';
import type { Target } from '../onnx/targets.ts';

/** Inputs in addition to `SEQUENCE_INPUTS` and parameters. */
export const LAYER_INPUTS = {
  /** float `[N, hidden]`: residual stream before the layer; in the end graph, its selected rows. */
  x: 'x',
  /** float `[N, hidden]`: gradient of the residual stream after the layer. */
  gradient: 'dy',
} as const;

const FIRST = 'model.layers.0.';
const FINAL_NORM = 'model.norm.weight';

export interface LayerForward {
  model: Uint8Array;
  /** Output `[N, hidden]`. */
  x: Value;
}

export interface LayerBackward {
  model: Uint8Array;
  /** Output `[N, hidden]`: gradient of the layer's input. */
  gradient: Value;
  gradients: GradientSum[];
}

export function layerForwardGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  target: Target = 'cpu',
): LayerForward {
  const { graph, out } = layer(config, adapter, target);
  graph.output(out, 'float');
  return { model: graph.finish(), x: out };
}

export function layerBackwardGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  target: Target = 'cpu',
): LayerBackward {
  const { graph, tape, parameters, x, out } = layer(config, adapter, target);
  const dy = graph.input(LAYER_INPUTS.gradient, 'float', ['N', config.hidden]);
  const sums = sumInputs(graph, ofLayer(trainableTensors(config, adapter)), parameters);
  const { gradients, others } = sumOutputs(tape, new Map([[out, dy]]), sums, [x]);
  return { model: graph.finish(), gradient: others[0], gradients };
}

/** Builds the end graph. `x` contains only selected rows, at most `chunkRows` at once. */
export function endGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  target: Target = 'cpu',
): LayerBackward & HeadScores {
  const graph = new OnnxGraph(target);
  const tape = new Tape(graph);
  const parameters = inputs(graph, endTensors(config));
  const x = graph.input(LAYER_INPUTS.x, 'float', ['P', config.hidden]);
  const targets = graph.input(SEQUENCE_INPUTS.targets, 'int32', ['P']);
  const coefficients = graph.input(SEQUENCE_INPUTS.coefficients, 'float', ['P', 1]);
  const sums = sumInputs(graph, ofEnd(config, trainableTensors(config, adapter)), parameters);
  const matrix = parameters(outputMatrix(config));
  const hidden = finalNorm(tape, config, parameters, x);
  const head = trainingRows(graph, { hidden, matrix, targets, coefficients, sum: sumOf(sums, matrix) });
  const logprobs = graph.output(head.logprobs, 'float');
  const entropy = graph.output(head.entropy, 'float');
  const { gradients, others } = sumOutputs(tape, headSeeds(hidden, matrix, head.gradients), sums, [x]);
  return { model: graph.finish(), logprobs, entropy, gradients, gradient: others[0] };
}

/** Converts the name of a tensor of layer 0 to `layer`. */
export function inLayer(name: string, layer: number): string {
  return name.startsWith(FIRST) ? `model.layers.${layer}.${name.slice(FIRST.length)}` : name;
}

interface Named {
  name: string;
  shape: number[];
}

/** Lists the inputs of a layer, with the names of layer 0. */
export function layerTensors(config: DecoderConfig, adapter: AdapterShape | null): Named[] {
  return ofLayer(modelTensors(config, adapter));
}

/** Lists the tensors after the last layer. */
export function endTensors(config: DecoderConfig): Named[] {
  return ofEnd(config, modelTensors(config, null));
}

function ofLayer(tensors: readonly Named[]): Named[] {
  return tensors.filter(({ name }) => name.startsWith(FIRST));
}

function ofEnd(config: DecoderConfig, tensors: readonly Named[]): Named[] {
  return tensors.filter(({ name }) => name === FINAL_NORM || name === outputMatrix(config));
}

function layer(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  target: Target,
): {
  graph: OnnxGraph;
  tape: Tape;
  parameters: Parameters;
  x: Value;
  out: Value;
} {
  const graph = new OnnxGraph(target);
  const tape = new Tape(graph);
  const parameters = inputs(graph, layerTensors(config, adapter));
  const x = graph.input(LAYER_INPUTS.x, 'float', ['N', config.hidden]);
  const out = decoderLayer(
    tape,
    config,
    parameters,
    0,
    x,
    causalAttention(tape, config),
    adaptersIn(parameters, adapter),
  );
  return { graph, tape, parameters, x, out };
}

function inputs(graph: OnnxGraph, tensors: readonly { name: string; shape: number[] }[]): Parameters {
  const values = new Map(tensors.map(({ name, shape }) => [name, graph.input(name, 'float', shape)]));
  return (name) => values.get(name) ?? graph.input(name, 'float', []);
}
