/**
 * Muon optimizer: a matrix is updated by its momentum, orthogonalised with five Newton-Schulz steps (Jordan
 * et al., 2024). The products run in ONNX Runtime, with one small graph per shape. Used by `trainer.ts`;
 * other tensors use `adamw.ts`.
 */

import { batchedProduct, matrixNorm } from '../graph/lowering.ts';
import { OnnxGraph, type Value } from '../onnx/graph.ts';
import { float32, floats, openSession, type Session } from '../session.ts';

/** Quintic coefficients that move singular values towards 1 fastest. */
const COEFFICIENTS = [3.4445, -4.775, 2.0315] as const;
const ITERATIONS = 5;

export interface MuonOptions {
  learningRate: number;
  /** Nesterov momentum. */
  momentum: number;
  weightDecay: number;
}

/** One matrix with its gradient and momentum. Weights and momentum are updated in place. */
export interface MuonMatrix {
  weights: Float32Array;
  gradient: Float32Array;
  momentum: Float32Array;
}

interface Orthogonaliser {
  session: Session;
  output: Value;
}

export class Muon {
  #threads: number;
  #sessions = new Map<string, Promise<Orthogonaliser>>();

  constructor(threads: number) {
    this.#threads = threads;
  }

  /**
   * Updates all matrices of one shape `[rows, columns]`, in one batched call.
   *
   * @param scale factor of the gradients (global-norm clipping)
   */
  async update(
    matrices: readonly MuonMatrix[],
    shape: readonly number[],
    options: MuonOptions,
    scale: number,
  ): Promise<void> {
    const [rows, columns] = shape;
    const size = rows * columns;
    const directions = new Float32Array(matrices.length * size);
    matrices.forEach((matrix, index) =>
      nesterov(matrix, options.momentum, scale, directions.subarray(index * size, (index + 1) * size)),
    );
    const orthogonal = await this.#orthogonalise(directions, matrices.length, rows, columns);
    const rate = options.learningRate * Math.sqrt(Math.max(1, rows / columns));
    const keep = 1 - options.learningRate * options.weightDecay;
    matrices.forEach(({ weights }, index) => {
      for (let i = 0; i < size; i++) weights[i] = weights[i] * keep - rate * orthogonal[index * size + i];
    });
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).session.release();
    this.#sessions.clear();
  }

  async #orthogonalise(directions: Float32Array, count: number, rows: number, columns: number): Promise<Float32Array> {
    const key = `${rows}x${columns}`;
    let opened = this.#sessions.get(key);
    if (opened === undefined) {
      const { model, output } = newtonSchulzGraph(rows, columns);
      opened = openSession(model, this.#threads).then((session) => ({ session, output }));
      this.#sessions.set(key, opened);
    }
    const { session, output } = await opened;
    const outputs = await session.run({ directions: float32(directions, [count, rows, columns]) });
    return floats(outputs[output]);
  }
}

function nesterov(
  { gradient, momentum: buffer }: MuonMatrix,
  momentum: number,
  scale: number,
  direction: Float32Array,
): void {
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i] * scale;
    buffer[i] = momentum * buffer[i] + (1 - momentum) * g;
    direction[i] = momentum * buffer[i] + (1 - momentum) * g;
  }
}

function newtonSchulzGraph(rows: number, columns: number): { model: Uint8Array; output: Value } {
  const graph = new OnnxGraph();
  const input = graph.input('directions', 'float', ['count', rows, columns]);
  return { output: graph.output(orthogonalised(graph, input, rows <= columns), 'float'), model: graph.finish() };
}

/**
 * Emits the nearest orthogonal matrices of `x` `[count, rows, columns]`, by Newton-Schulz steps.
 *
 * @param wide whether there are at least as many columns as rows: the smaller of X Xᵀ and Xᵀ X is used
 */
export function orthogonalised(graph: OnnxGraph, input: Value, wide: boolean): Value {
  const product = (a: Value, b: Value, transA: boolean, transB: boolean): Value =>
    batchedProduct(graph, a, b, { transA, transB }, 3);
  const scaled = (value: Value, factor: number): Value => graph.node('Mul', [value, graph.constant('float', [factor])]);
  const norm = matrixNorm(graph, input);
  let x = graph.node('Div', [input, graph.node('Add', [norm, graph.constant('float', [1e-7])])]);
  const [a, b, c] = COEFFICIENTS;
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = wide ? product(x, x, false, true) : product(x, x, true, false);
    const polynomial = graph.node('Add', [scaled(gram, b), scaled(product(gram, gram, false, false), c)]);
    const turned = wide ? product(polynomial, x, false, false) : product(x, polynomial, false, false);
    x = graph.node('Add', [scaled(x, a), turned]);
  }
  return x;
}
