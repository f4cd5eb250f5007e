/**
 * Cases that show whether an adapter computes an operator as the processor does: one node with its inputs, as plain
 * data. The cases are in `cases/`; `prove.ts` runs them.
 */

import type { Random } from '../../../../random.ts';
import type { ConstantType, NodeOptions } from '../../onnx/graph.ts';
import type { PROVEN_ON_WEBGPU } from '../../onnx/targets.ts';

export type ProvenOperator = keyof typeof PROVEN_ON_WEBGPU;

export interface ProofInput {
  type: ConstantType;
  dims: readonly number[];
  /** Returns the value at a flat index; called in order. */
  value: (random: Random, at: number) => number;
  /** True: part of the graph, as shapes and axes are. False: fed. */
  constant: boolean;
}

export interface ProofCase {
  name: string;
  inputs: readonly ProofInput[];
  options?: NodeOptions;
  /** Number of outputs; default 1. */
  outputs?: number;
  /** Type of the outputs; default float. */
  result?: ConstantType;
  /** Index of the input that the output is written over, on the device. */
  over?: number;
}

/** Cases by operator. */
export type Proofs = Record<ProvenOperator, readonly ProofCase[]>;

/** Values of the standard normal distribution. */
export function normal(...dims: number[]): ProofInput {
  return { type: 'float', dims, value: (random) => random.normal(), constant: false };
}

/** Values between two bounds. */
export function between(low: number, high: number, ...dims: number[]): ProofInput {
  return { type: 'float', dims, value: (random) => low + (high - low) * random.next(), constant: false };
}

/** Integers between two bounds, both included. */
export function integers(type: ConstantType, low: number, high: number, ...dims: number[]): ProofInput {
  return { type, dims, value: (random) => random.integer(low, high), constant: false };
}

/** Given values, fed. */
export function given(type: ConstantType, values: readonly number[], dims: readonly number[]): ProofInput {
  return { type, dims, value: (_random, at) => values[at], constant: false };
}

/** A constant vector: a shape, or axes. */
export function shape(...values: number[]): ProofInput {
  return { ...given('int64', values, [values.length]), constant: true };
}

/** A constant float `[1]`. */
export function one(value: number): ProofInput {
  return { ...given('float', [value], [1]), constant: true };
}
