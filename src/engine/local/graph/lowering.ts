/**
 * Operators that are emitted differently for each target (`onnx/targets.ts`). They have no derivative: `ops.ts` and
 * `training/head.ts` build on them.
 */

import { ELEMENT_CODE, type ElementType, type OnnxGraph, type Value } from '../onnx/graph.ts';

const MS = 'com.microsoft' as const;

export interface ProductOptions {
  transA?: boolean;
  transB?: boolean;
  /** Scale of the product. */
  alpha?: number;
}

/**
 * Emits `alpha · a b` of two matrices, each transposed if asked. If b is in half precision, so is the product itself; a
 * and the result are float32.
 */
export function matrixProduct(graph: OnnxGraph, a: Value, b: Value, options: ProductOptions = {}): Value {
  if (graph.isHalf(b)) return halfProduct(graph, a, b, options);
  if (graph.target === 'cpu') return fused(graph, a, b, options);
  return graph.node('Gemm', [a, b], { attributes: productAttributes(options) });
}

/** Emits rows of a matrix as float32. The matrix may be in half precision. */
export function matrixRows(graph: OnnxGraph, matrix: Value, indices: Value): Value {
  const rows = graph.node('Gather', [matrix, indices], { attributes: { axis: 0 } });
  return graph.isHalf(matrix) ? cast(graph, rows, 'float') : rows;
}

/** Emits `sum + alpha · a b` of matrices, a transposed if asked. */
export function addedProduct(graph: OnnxGraph, a: Value, b: Value, sum: Value, options: ProductOptions = {}): Value {
  return graph.node('Gemm', [a, b, sum], { attributes: productAttributes(options) });
}

/** Same as `matrixProduct`, batched over the leading dimensions of tensors of the given rank. */
export function batchedProduct(
  graph: OnnxGraph,
  a: Value,
  b: Value,
  { transA = false, transB = false, alpha = 1 }: ProductOptions,
  rank: number,
): Value {
  if (graph.target === 'cpu') return fused(graph, a, b, { transA, transB, alpha });
  const perm = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  const turned = (x: Value, turn: boolean): Value =>
    turn ? graph.node('Transpose', [x], { attributes: { perm } }) : x;
  const product = graph.node('MatMul', [turned(a, transA), turned(b, transB)]);
  return alpha === 1 ? product : graph.node('Mul', [product, graph.constant('float', [alpha])]);
}

/**
 * Emits `sum` `[rows, width]` with `values` `[n, width]` added to the rows at `indices` `[n]`.
 *
 * @param distinct the indices without repeats. With it, the values of one row are summed by a product first: additions
 * of a GPU to the same row have no fixed order, so that the bits would vary.
 */
export function addedRows(
  graph: OnnxGraph,
  sum: Value,
  indices: Value,
  values: Value,
  distinct: Value | null = null,
): Value {
  if (distinct !== null) {
    return addedRows(graph, sum, distinct, matrixProduct(graph, membership(graph, distinct, indices), values));
  }
  // ScatterND is not used: with repeated indices, its threads race on the same row and lose additions.
  const rows = graph.node('Unsqueeze', [indices, graph.constant('int64', [-1])]);
  const cells = graph.node('Expand', [rows, graph.node('Shape', [values])]);
  return graph.node('ScatterElements', [sum, cells, values], { attributes: { axis: 0, reduction: 'add' } });
}

/** Emits `[u, n]`: 1 where an index is the distinct one of the row, otherwise 0. */
function membership(graph: OnnxGraph, distinct: Value, indices: Value): Value {
  const column = graph.node('Unsqueeze', [distinct, graph.constant('int64', [1])]);
  const row = graph.node('Unsqueeze', [indices, graph.constant('int64', [0])]);
  return graph.node('Cast', [graph.node('Equal', [column, row])], { attributes: { to: 1 } });
}

/** Emits log-softmax over the last dimension. */
export function logSoftmax(graph: OnnxGraph, x: Value): Value {
  if (graph.target === 'cpu') return graph.node('LogSoftmax', [x], { attributes: { axis: -1 } });
  const last = graph.constant('int64', [-1]);
  const shifted = graph.node('Sub', [x, graph.node('ReduceMax', [x, last])]);
  const total = graph.node('ReduceSum', [graph.node('Exp', [shifted]), last]);
  return graph.node('Sub', [shifted, graph.node('Log', [total])]);
}

/**
 * Emits the rows `from` to `to` (int64 vectors) of `[rows, …]`. WebGPU slices only floats, which hold integers up to 2²⁴
 * exactly.
 */
export function rowsBetween(graph: OnnxGraph, whole: Value, from: Value, to: Value, type?: 'int32'): Value {
  const sliced = (x: Value): Value => graph.node('Slice', [x, from, to, graph.constant('int64', [0])]);
  if (graph.target === 'cpu' || type === undefined) return sliced(whole);
  return cast(graph, sliced(cast(graph, whole, 'float')), type);
}

/**
 * Emits RMSNorm over the last dimension, times `weight`. `inverse` emits the inverse root mean square of each row, which
 * the backward needs.
 */
export function rootMeanSquareNorm(
  graph: OnnxGraph,
  x: Value,
  weight: Value,
  epsilon: number,
): { out: Value; inverse: () => Value } {
  const attributes = { axis: -1, epsilon: { float: epsilon }, stash_type: 1 };
  if (graph.target === 'cpu') {
    const [out, inverse] = graph.nodes('SimplifiedLayerNormalization', [x, weight], 2, { attributes });
    return { out, inverse: () => inverse };
  }
  const out = graph.node('SimplifiedLayerNormalization', [x, weight], { attributes });
  return { out, inverse: () => inverseOfRows(graph, x, epsilon) };
}

/** Emits the Frobenius norm of each matrix `[count, rows, columns]`, with kept dimensions. */
export function matrixNorm(graph: OnnxGraph, x: Value): Value {
  if (graph.target === 'cpu') return graph.node('ReduceL2', [x, graph.constant('int64', [1, 2])]);
  const byRow = graph.node('ReduceSum', [graph.node('Mul', [x, x]), graph.constant('int64', [2])]);
  return graph.node('Sqrt', [graph.node('ReduceSum', [byRow, graph.constant('int64', [1])])]);
}

function inverseOfRows(graph: OnnxGraph, x: Value, epsilon: number): Value {
  const square = graph.node('ReduceMean', [graph.node('Mul', [x, x]), graph.constant('int64', [-1])]);
  return graph.node('Reciprocal', [
    graph.node('Sqrt', [graph.node('Add', [square, graph.constant('float', [epsilon])])]),
  ]);
}

function halfProduct(graph: OnnxGraph, a: Value, b: Value, options: ProductOptions): Value {
  const product = graph.node('Gemm', [cast(graph, a, 'float16'), b], { attributes: productAttributes(options) });
  return cast(graph, product, 'float');
}

function cast(graph: OnnxGraph, x: Value, to: ElementType): Value {
  return graph.node('Cast', [x], { attributes: { to: ELEMENT_CODE[to] } });
}

function fused(graph: OnnxGraph, a: Value, b: Value, options: ProductOptions): Value {
  return graph.node('FusedMatMul', [a, b], { domain: MS, attributes: productAttributes(options) });
}

function productAttributes({ transA = false, transB = false, alpha = 1 }: ProductOptions): {
  transA: number;
  transB: number;
  alpha: { float: number };
} {
  return { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } };
}
