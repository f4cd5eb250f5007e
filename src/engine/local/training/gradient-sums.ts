/**
 * Gradients as training graphs hand them out: added to inputs that hold what was gathered so far. The caller has the
 * outputs written over the inputs, so that no second set of gradients exists.
 */

import type { Parameters } from '../decoder.ts';
import type { Tape } from '../graph/tape.ts';
import type { OnnxGraph, Value } from '../onnx/graph.ts';
import { float32, type Feeds, type Fetches } from '../session.ts';

/** Where a trainable tensor's gradient is added up. */
export interface GradientSum {
  /** Of the tensor. */
  name: string;
  shape: readonly number[];
  /** Input, shaped as the tensor: gradient gathered so far. */
  before: Value;
  /** Output: with this batch's. */
  after: Value;
}

export type SumInput = Omit<GradientSum, 'after'> & { parameter: Value };

export function sumInputs(
  graph: OnnxGraph,
  tensors: readonly { name: string; shape: readonly number[] }[],
  parameters: Parameters,
): SumInput[] {
  return tensors.map(({ name, shape }) => ({
    name,
    shape,
    parameter: parameters(name),
    before: graph.input(`gradient.${name}`, 'float', shape),
  }));
}

/** The input that gathers the gradient of `parameter`; null where it is not trained. */
export function sumOf(inputs: readonly SumInput[], parameter: Value): Value | null {
  return inputs.find((input) => input.parameter === parameter)?.before ?? null;
}

/**
 * Emits the backward.
 * @param seeds gradient of some values; a parameter's holds its sum already
 * @param others values whose plain gradients are wanted, too
 */
export function sumOutputs(
  tape: Tape,
  seeds: ReadonlyMap<Value, Value>,
  inputs: readonly SumInput[],
  others: readonly Value[] = [],
): { gradients: GradientSum[]; others: Value[] } {
  const wanted = [...inputs.map(({ parameter }) => parameter), ...others];
  const sums = new Map(inputs.map(({ parameter, before }) => [parameter, before]));
  const found = tape.gradients(seeds, wanted, sums).map((value) => tape.graph.output(value, 'float'));
  const gradients = inputs.map(({ name, shape, before }, at) => ({ name, shape, before, after: found[at] }));
  return { gradients, others: found.slice(inputs.length) };
}

/**
 * Feeds what was gathered, to be written over.
 * @param gathered by the parameter's name
 */
export function feedSums(
  gradients: readonly GradientSum[],
  gathered: (name: string) => Float32Array,
  feeds: Feeds,
  fetches: Fetches,
): void {
  for (const { name, shape, before, after } of gradients) {
    feeds[before] = float32(gathered(name), shape);
    fetches[after] = feeds[before];
  }
}
