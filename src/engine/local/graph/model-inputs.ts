/** Declares the weights of a model as inputs of a graph. */

import { modelTensors } from '../../../models/adapters/adapter.ts';
import { decoderTensors, type DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import type { OnnxGraph, Value } from '../onnx/graph.ts';

/** Of the base's matrices. All other tensors are float32. */
export type Precision = 'float32' | 'float16';

/** Returns the names of the tensors that half precision applies to: the base's matrices. */
export function matrixNames(config: DecoderConfig): string[] {
  return decoderTensors(config).flatMap(({ name, shape }) => (shape.length === 2 ? [name] : []));
}

/** Declares all tensors of a model; returns them by name. */
export function modelInputs(
  graph: OnnxGraph,
  config: DecoderConfig,
  adapter: AdapterShape | null,
  precision: Precision,
): ReadonlyMap<string, Value> {
  const half = new Set(precision === 'float16' ? matrixNames(config) : []);
  return new Map(
    modelTensors(config, adapter).map(({ name, shape }) => [
      name,
      graph.input(name, half.has(name) ? 'float16' : 'float', shape),
    ]),
  );
}
