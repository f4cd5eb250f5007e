/**
 * Reverse-mode differentiation over ONNX graphs: each differentiable operator (`ops.ts`) emits its
 * forward node and records how to emit its backward. `gradients` then walks the tape once, backwards.
 * A graph that needs no gradient (scoring, decoding) simply never calls it.
 */

import type { OnnxGraph, Value } from '../onnx/graph.ts';

/**
 * An input's gradient: a value, or what emits it into the sum of what came before (undefined: nothing did) where that
 * is cheaper than an addition afterwards.
 */
export type Part = Value | ((sum: Value | undefined) => Value);

/**
 * Emits the gradients of an operator's inputs from its output's gradient. `needed` says of each input whether its
 * gradient is wanted: for the others give null, as the runtime would compute what nobody reads.
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

  constructor(graph: OnnxGraph) {
    this.graph = graph;
  }

  record(output: Value, inputs: readonly Value[], backward: Backward): Value {
    this.#entries.push({ output, inputs, backward });
    return output;
  }

  /**
   * Emits the backward graph.
   * @param seeds gradient of the loss with respect to some values
   * @param wanted values whose gradients are returned, in order
   * @param sums what the gradients of some of them are added to; a seed of theirs holds it already
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

  /** Values that depend on any of `sources`. */
  #dependents(sources: readonly Value[]): Set<Value> {
    const reached = new Set(sources);
    for (const { output, inputs } of this.#entries) {
      if (inputs.some((input) => reached.has(input))) reached.add(output);
    }
    return reached;
  }
}
