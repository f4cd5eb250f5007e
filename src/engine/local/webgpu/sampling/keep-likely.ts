/**
 * Top-k and top-p on the device: the threshold of the log-probability is found by bisection, since nothing there sorts a
 * vocabulary. Tokens at the threshold are kept together, like all that differ from it by less than the resolution.
 */

import type { OnnxGraph, Value } from '../../onnx/graph.ts';

export interface Scale {
  /** `[S, V]`: log-probability minus the highest of the row. */
  below: Value;
  /** `[S, 1]` */
  temperature: Value;
}

/** exp(−104) is 0 in 32 bits. */
const WEIGHTLESS = -104;
/** The resolution is then 1e-7 at temperature 1, that of a log-probability. */
const STEPS = 30;

/** Emits the weights of the `count` `[S, 1]` most likely tokens; others become 0. */
export function keepLikely(graph: OnnxGraph, weights: Value, scale: Scale, count: Value): Value {
  return keepUntil(graph, weights, scale, graph.constant('float', [1]), count);
}

/** Emits the weights of the most likely tokens that together have the `share` `[S, 1]` of all; others become 0. */
export function keepNucleus(graph: OnnxGraph, weights: Value, scale: Scale, share: Value): Value {
  const total = graph.node('ReduceSum', [weights, graph.constant('int64', [-1])]);
  return keepUntil(graph, weights, scale, weights, graph.node('Mul', [share, total]));
}

/** Keeps the most likely tokens until the sum of their `amount` reaches `wanted`. */
function keepUntil(graph: OnnxGraph, weights: Value, scale: Scale, amount: Value, wanted: Value): Value {
  const zero = graph.constant('float', [0]);
  const where = (condition: Value, yes: Value, no: Value): Value => graph.node('Where', [condition, yes, no]);
  const atLeast = (threshold: Value): Value => graph.node('GreaterOrEqual', [scale.below, threshold]);
  // The sum above `low` reaches what is wanted, or all tokens do not; the sum above `high` does not.
  let low = graph.node('Mul', [scale.temperature, graph.constant('float', [WEIGHTLESS])]);
  let high = graph.node('Mul', [scale.temperature, zero]);
  for (let step = 0; step < STEPS; step++) {
    const middle = graph.node('Mul', [graph.node('Add', [low, high]), graph.constant('float', [0.5])]);
    const sum = graph.node('ReduceSum', [where(atLeast(middle), amount, zero), graph.constant('int64', [-1])]);
    const enough = graph.node('GreaterOrEqual', [sum, wanted]);
    low = where(enough, middle, low);
    high = where(enough, high, middle);
  }
  return where(atLeast(low), weights, zero);
}
