/**
 * The graphs over whole sequences: `scoring` (log-probabilities and entropy of the targets), `measuring` (also the mean
 * log-probability of the vocabulary) and `training` (also the gradient of every trainable tensor, for given
 * coefficients dL/dlogprob). Trainable are all
 * parameters, or only an adapter's factors. Weights are inputs, so one session serves all versions; the
 * accumulated gradient is an input too.
 *
 * Shapes: B sequences of T tokens, right-padded. Padding is after all tokens, so the causal mask alone
 * excludes it. P selected positions have a target; the output matrix is applied only to them (`head.ts`).
 */

import { modelTensors, trainableTensors } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Chunks } from './chunks.ts';
import { causalAttention, SEQUENCE_INPUTS } from './causal-attention.ts';
import { adaptersIn, decoderHidden, outputMatrix } from '../decoder.ts';
import * as op from '../graph/ops.ts';
import { Tape } from '../graph/tape.ts';
import { type GradientSum, sumInputs, sumOf, sumOutputs } from './gradient-sums.ts';
import { chunkRows, headSeeds, measuringHead, scoringHead, trainingHead } from './head.ts';
import { OnnxGraph, type Value } from '../onnx/graph.ts';
import type { Target } from '../onnx/targets.ts';

export interface SequenceGraph {
  model: Uint8Array;
  /** Output `[P]`: log-probability of each target. */
  logprobs: Value;
  /** Output `[P]`: entropy of each distribution, in nats. */
  entropy: Value;
  /** Output `[P]`: mean log-probability of the vocabulary; empty unless measuring. */
  measures: Value[];
  /** Per trainable tensor; empty unless training. */
  gradients: GradientSum[];
  /** Input `[U]`, int32: the tokens without repeats; null if the graph needs none. */
  distinct: Value | null;
}

/** What a graph over whole sequences computes. */
export type SequencePurpose = 'scoring' | 'measuring' | 'training';

export function sequenceGraph(
  config: DecoderConfig,
  purpose: SequencePurpose,
  adapter: AdapterShape | null = null,
  { target = 'cpu', chunks = { most: chunkRows(config.vocabulary) } }: { target?: Target; chunks?: Chunks } = {},
): SequenceGraph {
  const graph = new OnnxGraph(target);
  const tape = new Tape(graph);
  const parameters = new Map<string, Value>();
  for (const { name, shape } of modelTensors(config, adapter)) {
    parameters.set(name, graph.input(name, 'float', shape));
  }
  const parameter = (name: string): Value => parameters.get(name) ?? graph.input(name, 'float', []);

  const tokens = graph.input(SEQUENCE_INPUTS.tokens, 'int32', ['N']);
  const addsUnordered = purpose === 'training' && target !== 'cpu' && adapter === null;
  const distinct = addsUnordered ? graph.input('distinct_tokens', 'int32', ['U']) : null;
  if (distinct !== null) tape.declareDistinct(tokens, distinct);
  const selected = graph.input(SEQUENCE_INPUTS.selected, 'int32', ['P']);
  const targets = graph.input(SEQUENCE_INPUTS.targets, 'int32', ['P']);
  const adapters = adaptersIn(parameter, adapter);
  const states = decoderHidden(tape, config, parameter, tokens, causalAttention(tape, config), adapters);
  const hidden = op.gatherRows(tape, states, selected);
  const matrix = parameter(outputMatrix(config));
  if (purpose === 'scoring') {
    const { logprobs, entropy } = scoringHead(graph, { hidden, matrix, targets }, chunks);
    graph.output(logprobs, 'float');
    graph.output(entropy, 'float');
    return { model: graph.finish(), logprobs, entropy, measures: [], gradients: [], distinct };
  }
  if (purpose === 'measuring') {
    const { logprobs, entropy, vocabularyMean } = measuringHead(graph, { hidden, matrix, targets }, chunks);
    for (const output of [logprobs, entropy, vocabularyMean]) graph.output(output, 'float');
    return { model: graph.finish(), logprobs, entropy, measures: [vocabularyMean], gradients: [], distinct };
  }

  const coefficients = graph.input(SEQUENCE_INPUTS.coefficients, 'float', ['P', 1]);
  const sums = sumInputs(graph, trainableTensors(config, adapter), parameter);
  const sum = sumOf(sums, matrix);
  const head = trainingHead(graph, { hidden, matrix, targets, coefficients, sum }, chunks);
  graph.output(head.logprobs, 'float');
  graph.output(head.entropy, 'float');
  const { gradients } = sumOutputs(tape, headSeeds(hidden, matrix, head.gradients), sums);
  const { logprobs, entropy } = head;
  return { model: graph.finish(), logprobs, entropy, measures: [], gradients, distinct };
}
