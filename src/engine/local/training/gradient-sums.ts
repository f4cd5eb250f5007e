/**
 * Gradient accumulation in training graphs: each gradient is added to an input that contains the sum so far.
 * The caller writes the outputs over the inputs, so that only one set of gradients exists in memory. Used by
 * `training-graph.ts` and `layer-graphs.ts`.
 */

import type { Parameters } from '../decoder.ts';
import type { Tape } from '../graph/tape.ts';
import type { OnnxGraph, Value } from '../onnx/graph.ts';
import type { Feed } from '../memory/tensors.ts';
import type { Feeds, Fetches } from '../session.ts';

/** Accumulates the gradient of a trainable tensor. */
export interface GradientSum {
  /** Name of the tensor. */
  name: string;
  shape: readonly number[];
  /** Input with the tensor's shape: the gradient accumulated so far. */
  before: Value;
  /** Output: the sum including this batch. */
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

/** Returns the input that accumulates the gradient of `parameter`, or null if it is not trained. */
export function sumOf(inputs: readonly SumInput[], parameter: Value): Value | null {
  return inputs.find((input) => input.parameter === parameter)?.before ?? null;
}

/**
 * Emits the backward graph.
 *
 * @param seeds gradients of some values; that of a parameter already includes its sum
 * @param others values whose plain gradients are also needed
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
 * Feeds the accumulated gradients, and writes the outputs over them.
 *
 * @param sums returns the accumulated gradient of a parameter
 */
export function feedSums(gradients: readonly GradientSum[], sums: Feed, feeds: Feeds, fetches: Fetches): void {
  for (const { name, before, after } of gradients) {
    const sum = sums(name);
    if (sum === undefined) throw new Error(`${name} is not trained`);
    feeds[before] = sum;
    fetches[after] = sum;
  }
}
