/**
 * The graphs that see whole sequences: `scoring` (log-probabilities and entropy of the targets) and
 * `training` (the same, and the gradient of every trainable tensor for given coefficients dL/dlogprob: of every
 * parameter, or of an adapter's factors alone). Weights are inputs, so that one session serves every version of them;
 * so is the gradient gathered so far, which the graph adds to, so that the caller may have the outputs written over it
 * and no second set of gradients exists.
 *
 * Shapes: B sequences of T tokens, right-padded; the causal mask alone keeps padding out, since it lies
 * to the right. P selected positions carry a target; the output matrix is applied only there (`head.ts`).
 */

import { modelTensors, trainableTensors } from '../../models/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { causalAttention, SEQUENCE_INPUTS } from './causal-attention.ts';
import { adaptersIn, decoderHidden, outputMatrix } from './decoder.ts';
import * as op from './graph/ops.ts';
import { Tape } from './graph/tape.ts';
import { chunkRows, scoringHead, trainingHead } from './head.ts';
import { OnnxGraph, type Value } from './onnx/graph.ts';

export interface SequenceGraph {
  model: Uint8Array;
  /** Output `[P]`: log-probability of each target. */
  logprobs: Value;
  /** Output `[P]`: entropy of each distribution, nats. */
  entropy: Value;
  /** Per trainable tensor, in the order of `trainableTensors`; empty when scoring. */
  gradients: GradientSum[];
}

export interface GradientSum {
  shape: readonly number[];
  /** Input, shaped as the tensor: gradient gathered so far. */
  before: Value;
  /** Output: with this batch's. */
  after: Value;
}

export function sequenceGraph(
  config: DecoderConfig,
  purpose: 'scoring' | 'training',
  adapter: AdapterShape | null = null,
): SequenceGraph {
  const graph = new OnnxGraph();
  const tape = new Tape(graph);
  const parameters = new Map<string, Value>();
  for (const { name, shape } of modelTensors(config, adapter)) {
    parameters.set(name, graph.input(name, 'float', shape));
  }
  const parameter = (name: string): Value => parameters.get(name) ?? graph.input(name, 'float', []);

  const tokens = graph.input(SEQUENCE_INPUTS.tokens, 'int32', ['N']);
  const selected = graph.input(SEQUENCE_INPUTS.selected, 'int32', ['P']);
  const targets = graph.input(SEQUENCE_INPUTS.targets, 'int32', ['P']);
  const adapters = adaptersIn(parameter, adapter);
  const states = decoderHidden(tape, config, parameter, tokens, causalAttention(tape, config), adapters);
  const hidden = op.gatherRows(tape, states, selected);
  const matrix = parameter(outputMatrix(config));
  const rows = chunkRows(config.vocabulary);
  if (purpose === 'scoring') {
    const { logprobs, entropy } = scoringHead(graph, { hidden, matrix, targets }, rows);
    graph.output(logprobs, 'float');
    graph.output(entropy, 'float');
    return { model: graph.finish(), logprobs, entropy, gradients: [] };
  }

  const coefficients = graph.input(SEQUENCE_INPUTS.coefficients, 'float', ['P', 1]);
  const trained = trainableTensors(config, adapter).map(({ name, shape }) => {
    const before = graph.input(`gradient.${name}`, 'float', shape);
    return { value: parameter(name), shape, before };
  });
  const sums = new Map(trained.map(({ value, before }) => [value, before]));
  const sum = sums.get(matrix) ?? null;
  const head = trainingHead(graph, { hidden, matrix, targets, coefficients, sum }, rows);
  graph.output(head.logprobs, 'float');
  graph.output(head.entropy, 'float');
  const seeds = new Map([[hidden, head.gradients.hidden]]);
  if (head.gradients.matrix !== null) seeds.set(matrix, head.gradients.matrix);
  const after = tape.gradients(seeds, [...sums.keys()], sums);
  const gradients = trained.map(({ shape, before }, at) => ({
    shape,
    before,
    after: graph.output(after[at], 'float'),
  }));
  return { model: graph.finish(), logprobs: head.logprobs, entropy: head.entropy, gradients };
}
