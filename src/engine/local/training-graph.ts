/**
 * The graphs that see whole sequences: `scoring` (log-probabilities and entropy of the targets) and
 * `training` (the same, and the gradient of every trainable tensor for given coefficients dL/dlogprob: of every
 * parameter, or of an adapter's factors alone). Weights are inputs, so that one session serves every version of them.
 *
 * Shapes: B sequences of T tokens, right-padded; the causal mask alone keeps padding out, since it lies
 * to the right. P selected positions carry a target; the output matrix is applied only there.
 */

import { modelTensors, trainableTensors } from '../../models/adapter.ts';
import type { AdapterShape } from '../../types.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { causalAttention, SEQUENCE_INPUTS } from './causal-attention.ts';
import { adaptersIn, decoderHidden, decoderLogits } from './decoder.ts';
import * as op from './graph/ops.ts';
import { Tape } from './graph/tape.ts';
import { OnnxGraph, type Value } from './onnx/graph.ts';

export interface SequenceGraph {
  model: Uint8Array;
  /** Output `[P]`: log-probability of each target. */
  logprobs: Value;
  /** Output `[P]`: entropy of each distribution, nats. */
  entropy: Value;
  /** Outputs: gradient of each trainable tensor, in the order of `trainableTensors`; empty when scoring. */
  gradients: Value[];
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
  const hidden = decoderHidden(tape, config, parameter, tokens, causalAttention(tape, config), adapters);
  const logits = decoderLogits(tape, config, parameter, op.gatherRows(tape, hidden, selected));

  const logDistribution = graph.node('LogSoftmax', [logits], { attributes: { axis: -1 } });
  const distribution = graph.node('Exp', [logDistribution]);
  const column = graph.node('Unsqueeze', [targets, graph.constant('int64', [-1])]);
  const picked = graph.node('GatherElements', [logDistribution, column], { attributes: { axis: 1 } });
  const logprobs = graph.output(graph.node('Squeeze', [picked, graph.constant('int64', [-1])]), 'float');
  const product = graph.node('Mul', [distribution, logDistribution]);
  const negative = graph.node('ReduceSum', [product, graph.constant('int64', [-1])], { attributes: { keepdims: 0 } });
  const entropy = graph.output(graph.node('Neg', [negative]), 'float');
  if (purpose === 'scoring') return { model: graph.finish(), logprobs, entropy, gradients: [] };

  // d lp / d logits = onehot(target) − softmax
  const coefficients = graph.input(SEQUENCE_INPUTS.coefficients, 'float', ['P', 1]);
  const depth = graph.constant('int64', [config.vocabulary]);
  const classes = graph.node('Cast', [targets], { attributes: { to: 7 } });
  const oneHot = graph.node('OneHot', [classes, depth, graph.constant('float', [0, 1])], { attributes: { axis: -1 } });
  const seed = graph.node('Mul', [graph.node('Sub', [oneHot, distribution]), coefficients]);
  const trainable = trainableTensors(config, adapter).map(({ name }) => parameter(name));
  const gradients = tape.gradients(new Map([[logits, seed]]), trainable);
  for (const gradient of gradients) graph.output(gradient, 'float');
  return { model: graph.finish(), logprobs, entropy, gradients };
}
