/**
 * The tensors that a policy of this engine trains: the two tables, or the factors of an adapter over them. An adapter
 * always adapts both tables; its targets, which name a decoder's matrices, are stored but have no effect.
 */

import { type Adapter, factorName } from '../../../src/models/adapters/adapter.ts';
import type { AdapterShape } from '../../../src/types.ts';
import type { Tensor, Weights } from '../../../src/models/decoder-config.ts';
import { deriveSeed, Random } from '../../../src/random.ts';
import { copyModel, type TableGradient, type TableModel } from './model.ts';

const TABLES = ['bigram', 'skip'] as const;

export interface Trainable {
  /** The current tables. */
  model: TableModel;
  /** Null if the tables are trained. */
  adapter: Adapter | null;
  /** Trained tensors by name. */
  tensors: Weights;
  /** Computes the gradient of every trained tensor from that of the tables. */
  gradients(of: TableGradient): Map<string, Float64Array>;
  /** Updates `model` from the trained tensors. */
  refresh(): void;
}

/** The tables of `model`, trained in place. */
export function wholeTables(model: TableModel): Trainable {
  return {
    model,
    adapter: null,
    tensors: tensorsOf(model),
    gradients: (of) => new Map(TABLES.map((table) => [`${table}.weight`, of[table]])),
    refresh() {},
  };
}

/** The factors of `adapter`, trained in place; `base` is only read. */
export function factorsOver(base: TableModel, adapter: Adapter): Trainable {
  const { rank, alpha } = adapter.shape;
  const scale = alpha / rank;
  const size = base.vocabulary;
  const model = copyModel(base);
  const factor = (table: string, which: 'A' | 'B'): Float32Array =>
    adapter.weights.get(factorName(table, which))?.data ?? new Float32Array(rank * size);
  const refresh = (): void => {
    for (const table of TABLES) {
      const [a, b] = [factor(table, 'A'), factor(table, 'B')];
      for (let i = 0; i < size * size; i++) {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += b[Math.floor(i / size) * rank + r] * a[r * size + (i % size)];
        model[table][i] = base[table][i] + scale * sum;
      }
    }
  };
  refresh();
  return {
    model,
    adapter,
    tensors: adapter.weights,
    refresh,
    // dA = s · Bᵀ dW, dB = s · dW Aᵀ
    gradients: (of) =>
      new Map(
        TABLES.flatMap((table): [string, Float64Array][] => {
          const [a, b] = [factor(table, 'A'), factor(table, 'B')];
          const [ofA, ofB] = [new Float64Array(a.length), new Float64Array(b.length)];
          of[table].forEach((slope, i) => {
            const [row, column] = [Math.floor(i / size), i % size];
            for (let r = 0; r < rank; r++) {
              ofA[r * size + column] += scale * b[row * rank + r] * slope;
              ofB[row * rank + r] += scale * a[r * size + column] * slope;
            }
          });
          return [
            [factorName(table, 'A'), ofA],
            [factorName(table, 'B'), ofB],
          ];
        }),
      ),
  };
}

/** Names and shapes of an adapter's factors. */
export function factorShapes(vocabulary: number, rank: number): { name: string; shape: number[] }[] {
  return TABLES.flatMap((table) => [
    { name: factorName(table, 'A'), shape: [rank, vocabulary] },
    { name: factorName(table, 'B'), shape: [vocabulary, rank] },
  ]);
}

/** Creates an adapter that does not change the model yet: B zero, A uniform within 1/√width. */
export function newFactors(vocabulary: number, shape: AdapterShape, seed: number): Adapter {
  const bound = 1 / Math.sqrt(vocabulary);
  const weights: Weights = new Map(
    factorShapes(vocabulary, shape.rank).map(({ name, shape: dims }): [string, Tensor] => {
      const random = new Random(deriveSeed(seed, name));
      const isA = name.endsWith(factorName('', 'A'));
      const data = Float32Array.from({ length: dims[0] * dims[1] }, () => (isA ? (2 * random.next() - 1) * bound : 0));
      return [name, { shape: dims, data }];
    }),
  );
  return { shape, weights };
}

/** Returns the tables by their names in files. */
export function tensorsOf(model: TableModel): Weights {
  const shape = [model.vocabulary, model.vocabulary];
  return new Map(TABLES.map((table) => [`${table}.weight`, { shape, data: model[table] }]));
}
