/**
 * Reverse-mode automatic differentiation over ONNX graphs. Each differentiable operator (`ops.ts`) emits its
 * forward node and records how to emit its backward; `gradients` then walks the tape once, backwards. Graphs
 * without gradients (scoring, decoding) never call it.
 */

import type { OnnxGraph, Value } from '../onnx/graph.ts';

/**
 * An input's gradient: a value, or a function that emits it added to the sum of earlier parts (undefined for
 * the first). The function is used where this is cheaper than a separate addition.
 */
export type Part = Value | ((sum: Value | undefined) => Value);

/**
 * Emits the gradients of an operator's inputs from its output's gradient. `needed` marks the inputs that need
 * one. Return null for the others, because the runtime would compute unused values too.
 */
export type Backward = (gradient: Value, needed: readonly boolean[]) => (Part | null)[];

interface Entry {
  output: Value;
  inputs: readonly Value[];
  backward: Backward;
}

export class Tape {
  readonly graph: OnnxGraph;
  #entries: Entry[] = [];
  #distinct = new Map<Value, Value>();

  constructor(graph: OnnxGraph) {
    this.graph = graph;
  }

  record(output: Value, inputs: readonly Value[], backward: Backward): Value {
    this.#entries.push({ output, inputs, backward });
    return output;
  }

  /** Says which value has the same indices without repeats. Others have none, or their order of additions is fixed. */
  declareDistinct(indices: Value, distinct: Value): void {
    this.#distinct.set(indices, distinct);
  }

  distinctOf(indices: Value): Value | null {
    return this.#distinct.get(indices) ?? null;
  }

  /**
   * Emits the backward graph.
   *
   * @param seeds gradients of the loss with respect to some values
   * @param wanted values whose gradients are returned, in order
   * @param sums accumulated gradients that are added to; a seed of the same value already includes its sum
   */
  gradients(
    seeds: ReadonlyMap<Value, Value>,
    wanted: readonly Value[],
    sums: ReadonlyMap<Value, Value> = new Map(),
  ): Value[] {
    const needed = this.#dependents(wanted);
    const gradients = new Map<Value, Value>([...sums, ...seeds]);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const { output, inputs, backward } = this.#entries[i];
      const gradient = gradients.get(output);
      if (gradient === undefined || !needed.has(output)) continue;
      const wants = inputs.map((input) => needed.has(input));
      backward(gradient, wants).forEach((part, index) => {
        const input = inputs[index];
        if (part === null || !wants[index]) return;
        gradients.set(input, this.#added(gradients.get(input), part));
      });
    }
    return wanted.map((value) => {
      const gradient = gradients.get(value);
      if (gradient === undefined || gradient === sums.get(value)) throw new Error(`no gradient reaches ${value}`);
      return gradient;
    });
  }

  #added(sum: Value | undefined, part: Part): Value {
    if (typeof part === 'function') return part(sum);
    return sum === undefined ? part : this.graph.node('Add', [sum, part]);
  }

  /** Returns all values that depend on any of `sources`. */
  #dependents(sources: readonly Value[]): Set<Value> {
    const reached = new Set(sources);
    for (const { output, inputs } of this.#entries) {
      if (inputs.some((input) => reached.has(input))) reached.add(output);
    }
    return reached;
  }
}
