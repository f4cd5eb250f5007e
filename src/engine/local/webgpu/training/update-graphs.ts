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

/** Scalars `[1]` of AdamW (`training/adamw.ts`). */
export const ADAM_SCALARS = [
  'scale',
  'beta1',
  'rest1',
  'beta2',
  'rest2',
  'rate',
  'correction',
  'epsilon',
  'keep',
] as const;

/** Scalars `[1]` of Muon (`training/muon.ts`). */
export const MUON_SCALARS = ['scale', 'momentumRate', 'rest', 'rate', 'keep'] as const;

/** Emits AdamW for a tensor of any shape; also clears its gradient. */
export function adamwGraph(): UpdateGraph {
  const graph = new OnnxGraph('webgpu');
  const tensor = (name: string): Value => graph.input(name, 'float', null);
  const scalars = scalarInputs(graph, ADAM_SCALARS);
  const { add, mul } = arithmetic(graph);
  const [weights, gradient] = [tensor('weights'), tensor('gradient')];
  const g = mul(gradient, scalars.scale);
  const first = add(mul(tensor('first'), scalars.beta1), mul(g, scalars.rest1));
  const second = add(mul(tensor('second'), scalars.beta2), mul(mul(g, g), scalars.rest2));
  const root = graph.node('Sqrt', [mul(second, scalars.correction)]);
  const update = graph.node('Div', [mul(first, scalars.rate), add(root, scalars.epsilon)]);
  const next = graph.node('Sub', [mul(weights, scalars.keep), update]);
  return finished(graph, { weights: next, gradient: cleared(graph, g), first, second });
}

/** Emits Muon for a matrix `[rows, columns]`; also clears its gradient. */
export function muonGraph(rows: number, columns: number): UpdateGraph {
  const graph = new OnnxGraph('webgpu');
  const tensor = (name: string): Value => graph.input(name, 'float', [rows, columns]);
  const shaped = (x: Value, ...dims: number[]): Value => graph.node('Reshape', [x, graph.constant('int64', dims)]);
  const scalars = scalarInputs(graph, MUON_SCALARS);
  const { add, mul } = arithmetic(graph);
  const [weights, gradient] = [tensor('weights'), tensor('gradient')];
  const g = mul(gradient, scalars.scale);
  const momentum = add(mul(tensor('momentum'), scalars.momentumRate), mul(g, scalars.rest));
  const direction = add(mul(momentum, scalars.momentumRate), mul(g, scalars.rest));
  const orthogonal = orthogonalised(graph, shaped(direction, 1, rows, columns), rows <= columns);
  const update = mul(shaped(orthogonal, rows, columns), scalars.rate);
  const next = graph.node('Sub', [mul(weights, scalars.keep), update]);
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

function scalarInputs<Name extends string>(graph: OnnxGraph, names: readonly Name[]): Record<Name, Value> {
  const values = names.map((name) => [name, graph.input(name, 'float', [1])]);
  return Object.fromEntries(values) as Record<Name, Value>;
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
