/**
 * Optimizer updates as graphs of one tensor. Each output is written over the input of the same name. No operator reads
 * an input after its output was written: an input is read once, before the operator that writes its output.
 */

import { orthogonalised } from '../../training/muon.ts';
import { OnnxGraph, type Value } from '../../onnx/graph.ts';

/** A graph that overwrites some of its inputs. */
export interface UpdateGraph {
  model: Uint8Array;
  /** Outputs by the names of the inputs that they overwrite. */
  overwritten: Readonly<Record<string, Value>>;
}

/**
 * Emits AdamW (`training/adamw.ts`) for a tensor of any shape; also clears its gradient. Scalar inputs `[1]`: `scale`,
 * `beta1`, `rest1`, `beta2`, `rest2`, `rate`, `correction`, `epsilon`, `keep`.
 */
export function adamwGraph(): UpdateGraph {
  const graph = new OnnxGraph('webgpu');
  const tensor = (name: string): Value => graph.input(name, 'float', null);
  const scalar = scalarInputs(graph);
  const { add, mul } = arithmetic(graph);
  const [weights, gradient] = [tensor('weights'), tensor('gradient')];
  const g = mul(gradient, scalar('scale'));
  const first = add(mul(tensor('first'), scalar('beta1')), mul(g, scalar('rest1')));
  const second = add(mul(tensor('second'), scalar('beta2')), mul(mul(g, g), scalar('rest2')));
  const root = graph.node('Sqrt', [mul(second, scalar('correction'))]);
  const update = graph.node('Div', [mul(first, scalar('rate')), add(root, scalar('epsilon'))]);
  const next = graph.node('Sub', [mul(weights, scalar('keep')), update]);
  return finished(graph, { weights: next, gradient: cleared(graph, g), first, second });
}

/**
 * Emits Muon (`training/muon.ts`) for a matrix `[rows, columns]`; also clears its gradient. Scalar inputs `[1]`: `scale`,
 * `momentumRate`, `rest`, `rate`, `keep`.
 */
export function muonGraph(rows: number, columns: number): UpdateGraph {
  const graph = new OnnxGraph('webgpu');
  const tensor = (name: string): Value => graph.input(name, 'float', [rows, columns]);
  const shaped = (x: Value, ...dims: number[]): Value => graph.node('Reshape', [x, graph.constant('int64', dims)]);
  const scalar = scalarInputs(graph);
  const { add, mul } = arithmetic(graph);
  const [weights, gradient] = [tensor('weights'), tensor('gradient')];
  const g = mul(gradient, scalar('scale'));
  const momentum = add(mul(tensor('momentum'), scalar('momentumRate')), mul(g, scalar('rest')));
  const direction = add(mul(momentum, scalar('momentumRate')), mul(g, scalar('rest')));
  const orthogonal = orthogonalised(graph, shaped(direction, 1, rows, columns), rows <= columns);
  const update = mul(shaped(orthogonal, rows, columns), scalar('rate'));
  const next = graph.node('Sub', [mul(weights, scalar('keep')), update]);
  return finished(graph, { weights: next, gradient: cleared(graph, g), momentum });
}

/** Emits the sum of squares `[1]` over all elements of tensors of the given ranks: inputs `x0`, `x1`, …. */
export function squaresGraph(ranks: readonly number[]): { model: Uint8Array; total: Value } {
  const graph = new OnnxGraph('webgpu');
  const { add, mul } = arithmetic(graph);
  const summed = (x: Value, axis: number): Value =>
    graph.node('ReduceSum', [x, graph.constant('int64', [axis])], { attributes: { keepdims: 0 } });
  const squares = ranks.map((rank, at) => {
    const x = graph.input(
      `x${at}`,
      'float',
      Array.from({ length: rank }, (_, axis) => `d${at}.${axis}`),
    );
    // By rows first: one sum over all elements would lose precision, and run on few threads.
    let sum = mul(x, x);
    for (let axis = rank - 1; axis > 0; axis--) sum = summed(sum, axis);
    return graph.node('ReduceSum', [sum, graph.constant('int64', [0])]);
  });
  const total = graph.output(squares.reduce(add), 'float');
  return { model: graph.finish(), total };
}

/** Declares each scalar input when it is first used. */
function scalarInputs(graph: OnnxGraph): (name: string) => Value {
  const declared = new Map<string, Value>();
  return (name) => {
    const value = declared.get(name) ?? graph.input(name, 'float', [1]);
    declared.set(name, value);
    return value;
  };
}

function arithmetic(graph: OnnxGraph): { add: (a: Value, b: Value) => Value; mul: (a: Value, b: Value) => Value } {
  return { add: (a, b) => graph.node('Add', [a, b]), mul: (a, b) => graph.node('Mul', [a, b]) };
}

/** Emits zeros after `g`, which was computed from the gradient, was read. The gradient is finite. */
function cleared(graph: OnnxGraph, g: Value): Value {
  return graph.node('Sub', [g, g]);
}

function finished(graph: OnnxGraph, outputs: Record<string, Value>): UpdateGraph {
  for (const value of Object.values(outputs)) graph.output(value, 'float');
  return { model: graph.finish(), overwritten: outputs };
}
