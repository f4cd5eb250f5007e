/** Products of matrices. */

import { normal, type ProofCase, type Proofs } from '../case.ts';

/** Rows, columns and inner length: single rows, odd widths, and more than one tile. */
const SIZES: [number, number, number][] = [
  [5, 3, 7],
  [1, 1, 1],
  [1, 5, 3],
  [2, 7, 1],
  [33, 17, 65],
  [64, 96, 128],
];
const FLAGS = [false, true];

/** Cases with more than one tile are few: software adapters compile each program for seconds. */
export const PRODUCTS = {
  Gemm: [
    ...SIZES.flatMap((size) => FLAGS.flatMap((transA) => FLAGS.map((transB) => gemm(size, { transA, transB })))),
    gemm([5, 3, 7], { transB: true, alpha: 0.25 }),
    gemm([5, 3, 7], { transA: true, alpha: 4, withC: true }),
    gemm([1, 130, 64], { transB: true }),
    gemm([8, 16, 4], { transA: true }),
    gemm([3, 5, 1], { transA: true, over: true }),
    gemm([33, 17, 65], { transA: true, alpha: 0.5, over: true }),
    gemm([64, 96, 128], { transA: true, over: true }),
  ],
  MatMul: [
    matmul([2, 3, 5, 7], [2, 3, 7, 4]),
    ...SIZES.map(([rows, columns, inner]) => matmul([rows, inner], [inner, columns])),
    matmul([1, 64], [64, 130]),
    matmul([3, 5, 7], [3, 7, 2]),
    matmul([3, 5, 7], [1, 7, 2]),
    matmul([2, 3, 1, 8], [2, 3, 8, 5]),
    matmul([2, 3, 9, 8], [2, 3, 8, 1]),
    matmul([2, 1, 5, 7], [2, 3, 7, 4]),
    matmul([2, 3, 5, 7], [1, 1, 7, 4]),
    matmul([2, 3, 5, 7], [7, 4]),
    matmul([2, 2, 33, 64], [2, 2, 64, 33]),
    matmul([2, 2, 3, 4, 5], [2, 2, 3, 5, 6]),
  ],
} satisfies Partial<Proofs>;

interface GemmOptions {
  transA?: boolean;
  transB?: boolean;
  alpha?: number;
  withC?: boolean;
  /** Writes over C. */
  over?: boolean;
}

function gemm(
  [rows, columns, inner]: [number, number, number],
  { transA = false, transB = false, alpha = 1, withC = false, over = false }: GemmOptions,
): ProofCase {
  const a = transA ? normal(inner, rows) : normal(rows, inner);
  const b = transB ? normal(columns, inner) : normal(inner, columns);
  const marks = [transA ? 'aᵀ' : 'a', transB ? 'bᵀ' : 'b', ...(over ? ['over C'] : withC ? ['with C'] : [])];
  return {
    name: `${marks.join(' ')}, ${rows}×${columns}×${inner}${alpha === 1 ? '' : `, alpha ${alpha}`}`,
    inputs: [a, b, ...(withC || over ? [normal(rows, columns)] : [])],
    options: { attributes: { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } } },
    ...(over ? { over: 2 } : {}),
  };
}

function matmul(a: number[], b: number[]): ProofCase {
  return { name: `[${a.join(', ')}] × [${b.join(', ')}]`, inputs: [normal(...a), normal(...b)] };
}
