/**
 * Differentiable operators of a decoder, each with its derivative. Matrices are row-major; `N` rows are batch
 * × time. To add one: emit the forward node, and return `tape.record(...)` with its backward. The backward
 * must emit nothing for an input whose gradient is not needed. Next: `tape.ts`.
 */

import type { Value } from '../onnx/graph.ts';
import {
  addedProduct,
  batchedProduct,
  matrixProduct,
  matrixRows,
  type ProductOptions,
  rootMeanSquareNorm,
  addedRows,
} from './lowering.ts';
import type { Tape } from './tape.ts';

const MS = 'com.microsoft' as const;

/** Emits `alpha · a bᵀ` (transB) or `alpha · a b`, batched over the two leading dimensions. */
export function matmul(
  tape: Tape,
  a: Value,
  b: Value,
  { transB = false, alpha = 1 }: Omit<ProductOptions, 'transA'> = {},
): Value {
  const product = (x: Value, y: Value, options: ProductOptions): Value =>
    batchedProduct(tape.graph, x, y, { ...options, alpha }, 4);
  return tape.record(product(a, b, { transB }), [a, b], (dy, [ofA, ofB]) => [
    ofA ? product(dy, b, { transB: !transB }) : null,
    ofB ? product(transB ? dy : a, transB ? a : dy, { transA: true }) : null,
  ]);
}

/**
 * Emits `alpha · x wᵀ` of rows `x` `[N, in]` and a matrix `w` `[out, in]`. The gradient of w is accumulated
 * inside the product.
 */
export function linear(tape: Tape, x: Value, w: Value, alpha = 1): Value {
  const { graph } = tape;
  const out = matrixProduct(graph, x, w, { transB: true, alpha });
  return tape.record(out, [x, w], (dy, [ofX, ofW]) => [
    ofX ? matrixProduct(graph, dy, w, { alpha }) : null,
    ofW
      ? (sum) =>
          sum === undefined
            ? matrixProduct(graph, dy, x, { transA: true, alpha })
            : addedProduct(graph, dy, x, sum, { transA: true, alpha })
      : null,
  ]);
}

export function add(tape: Tape, a: Value, b: Value): Value {
  return tape.record(tape.graph.node('Add', [a, b]), [a, b], (dy) => [dy, dy]);
}

/** Adds a constant without gradient (a mask), with broadcasting. */
export function addConstant(tape: Tape, a: Value, constant: Value): Value {
  return tape.record(tape.graph.node('Add', [a, constant]), [a], (dy) => [dy]);
}

/** Adds `bias` `[width]` to every row of `x` `[rows, width]`. */
export function addBias(tape: Tape, x: Value, bias: Value): Value {
  const g = tape.graph;
  return tape.record(g.node('Add', [x, bias]), [x, bias], (dy, [, ofBias]) => [
    dy,
    ofBias ? g.node('ReduceSum', [dy, g.constant('int64', [0])], { attributes: { keepdims: 0 } }) : null,
  ]);
}

/** Emits RMSNorm over the last dimension of `[rows, width]`, times `weight` `[width]`. */
export function rmsNorm(tape: Tape, x: Value, weight: Value, epsilon: number): Value {
  const g = tape.graph;
  const norm = rootMeanSquareNorm(g, x, weight, epsilon);
  return tape.record(norm.out, [x, weight], (dy, [ofX, ofWeight]) => {
    const inverse = norm.inverse();
    const normal = g.node('Mul', [x, inverse]);
    const weightGradient = ofWeight
      ? g.node('ReduceSum', [g.node('Mul', [dy, normal]), g.constant('int64', [0])], { attributes: { keepdims: 0 } })
      : null;
    if (!ofX) return [null, weightGradient];
    const scaled = g.node('Mul', [dy, weight]);
    const projection = g.node('ReduceMean', [g.node('Mul', [scaled, normal]), g.constant('int64', [-1])]);
    const centred = g.node('Sub', [scaled, g.node('Mul', [normal, projection])]);
    return [g.node('Mul', [centred, inverse]), weightGradient];
  });
}

/** Emits `silu(gate) · up`, the gated half of a SwiGLU block. */
export function swiglu(tape: Tape, gate: Value, up: Value): Value {
  const g = tape.graph;
  const sigmoid = g.node('Sigmoid', [gate]);
  const silu = g.node('Mul', [gate, sigmoid]);
  return tape.record(g.node('Mul', [silu, up]), [gate, up], (dy) => {
    // silu' = σ + silu (1 − σ)
    const rest = g.node('Sub', [g.constant('float', [1]), sigmoid]);
    const slope = g.node('Add', [sigmoid, g.node('Mul', [silu, rest])]);
    return [g.node('Mul', [g.node('Mul', [dy, up]), slope]), g.node('Mul', [dy, silu])];
  });
}

/** Emits softmax over the last dimension. */
export function softmax(tape: Tape, x: Value): Value {
  const g = tape.graph;
  const out = g.node('Softmax', [x], { attributes: { axis: -1 } });
  return tape.record(out, [x], (dy) => {
    const weighted = g.node('Mul', [dy, out]);
    const total = g.node('ReduceSum', [weighted, g.constant('int64', [-1])]);
    return [g.node('Sub', [weighted, g.node('Mul', [out, total])])];
  });
}

/**
 * Reshapes to `shape` (an int64 vector, with −1 and 0 as in ONNX).
 *
 * @param before the shape of x in the same notation. Reading it from x in the backward would keep x in memory
 * until then.
 */
export function reshape(tape: Tape, x: Value, shape: Value, before: Value): Value {
  const g = tape.graph;
  return tape.record(g.node('Reshape', [x, shape]), [x], (dy) => [g.node('Reshape', [dy, before])]);
}

export function transpose(tape: Tape, x: Value, perm: readonly number[]): Value {
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  const out = tape.graph.node('Transpose', [x], { attributes: { perm } });
  return tape.record(out, [x], (dy) => [tape.graph.node('Transpose', [dy], { attributes: { perm: inverse } })]);
}

export interface RotaryTables {
  /** `[positions, headDim / 2]` */
  cosine: Value;
  sine: Value;
  /** −sine: the derivative rotates backwards. */
  negativeSine: Value;
}

/**
 * Emits the rotary embedding (half-split layout) of `[batch, time, heads·headDim]`, with positions from 0.
 */
export function rotary(tape: Tape, x: Value, { cosine, sine, negativeSine }: RotaryTables, heads: number): Value {
  const g = tape.graph;
  const rotate = (value: Value, sin: Value): Value =>
    g.node('RotaryEmbedding', [value, g.constant('int64', [0]), cosine, sin], {
      domain: MS,
      attributes: { num_heads: heads },
    });
  return tape.record(rotate(x, sine), [x], (dy) => [rotate(dy, negativeSine)]);
}

/** Gathers the rows of `table` `[rows, width]` at `indices` `[n]`. */
export function gatherRows(tape: Tape, table: Value, indices: Value): Value {
  const g = tape.graph;
  return tape.record(matrixRows(g, table, indices), [table], (dy) => {
    const distinct = tape.distinctOf(indices);
    return [(sum) => addedRows(g, sum ?? g.node('Sub', [table, table]), indices, dy, distinct)];
  });
}
