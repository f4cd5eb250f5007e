/**
 * The graphs that change the slots of a call on the device. `stepGraph` decodes one token per slot. `placeGraph` copies
 * prompts into slots. Both write into the tensors that they are fed: each of their outputs `over` an input is fetched
 * into that input's tensor.
 */

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../../types.ts';
import { adaptersIn, decoderHidden, decoderLogits, type Parameters } from '../../decoder.ts';
import { logSoftmax } from '../../graph/lowering.ts';
import { modelInputs, type Precision } from '../../graph/model-inputs.ts';
import { Tape } from '../../graph/tape.ts';
import { OnnxGraph, type Value } from '../../onnx/graph.ts';
import { slotAttention, STEP_INPUTS } from './slot-attention.ts';

/** The tensors of S slots, by name. */
export const SLOT_TENSORS = {
  key: STEP_INPUTS.key,
  value: STEP_INPUTS.value,
  /** float [S, vocabulary]: log-probabilities of the next token. */
  logs: 'logs',
} as const;

export interface InPlaceGraph {
  model: Uint8Array;
  /** Outputs by the name of the slots' tensor that they overwrite. */
  over: ReadonlyMap<string, Value>;
}

/** Builds the graph of a decoding step. Weights are inputs: one session serves all versions. */
export function stepGraph(
  config: DecoderConfig,
  adapter: AdapterShape | null,
  precision: Precision = 'float32',
): InPlaceGraph {
  const graph = new OnnxGraph('webgpu');
  const tape = new Tape(graph);
  const tokens = graph.input(STEP_INPUTS.tokens, 'int32', ['S']);
  const inputs = modelInputs(graph, config, adapter, precision);
  const parameters: Parameters = (name) => {
    const value = inputs.get(name);
    if (value === undefined) throw new Error(`the decoder has no parameter ${name}`);
    return value;
  };
  const over = new Map<string, Value>();
  const attend = slotAttention(graph, config, (layer, keys, values) => {
    over.set(SLOT_TENSORS.key(layer), keys);
    over.set(SLOT_TENSORS.value(layer), values);
  });
  const hidden = decoderHidden(tape, config, parameters, tokens, attend, adaptersIn(parameters, adapter));
  const logs = logSoftmax(graph, decoderLogits(tape, config, parameters, hidden));
  over.set(SLOT_TENSORS.logs, graph.output(logs, 'float'));
  return { model: graph.finish(), over };
}

/** Inputs of `placeGraph` for n completions that begin, in addition to the tensors of prompts and slots. */
export const PLACE_INPUTS = {
  /** int32 [n]: the row of each completion's prompt. */
  rows: 'rows',
  /** int64 [n, 1]: the slot of each completion. */
  slots: 'slots',
  /** int64 [8]: padding of keys and values from the prompts' length to the slots'. */
  pads: 'pads',
  /** The tensor of P prompts that is copied into a tensor of slots. */
  from: (slots: string) => `prompt_${slots}`,
} as const;

export function placeGraph(config: DecoderConfig): InPlaceGraph {
  const graph = new OnnxGraph('webgpu');
  const rows = graph.input(PLACE_INPUTS.rows, 'int32', ['n']);
  const slots = graph.input(PLACE_INPUTS.slots, 'int64', ['n', 1]);
  const pads = graph.input(PLACE_INPUTS.pads, 'int64', [8]);
  const { kvHeads, headDim, vocabulary } = config;
  const over = new Map<string, Value>();
  const place = (name: string, dims: (from: string, length: string) => (number | string)[], padded: boolean): void => {
    const prompts = graph.input(PLACE_INPUTS.from(name), 'float', dims('P', 'L'));
    const target = graph.input(name, 'float', dims('S', 'T'));
    const picked = graph.node('Gather', [prompts, rows], { attributes: { axis: 0 } });
    const whole = padded ? graph.node('Pad', [picked, pads]) : picked;
    over.set(name, graph.output(graph.node('ScatterND', [target, slots, whole]), 'float'));
  };
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of [SLOT_TENSORS.key(layer), SLOT_TENSORS.value(layer)])
      place(name, (from, length) => [from, kvHeads, length, headDim], true);
  }
  place(SLOT_TENSORS.logs, (from) => [from, vocabulary], false);
  return { model: graph.finish(), over };
}
