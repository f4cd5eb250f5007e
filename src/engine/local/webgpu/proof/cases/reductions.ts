/** Operators over the elements of an axis. */

import { between, given, integers, normal, type ProofCase, type ProofInput, type Proofs, shape } from '../case.ts';

/** More workgroups than one dimension of a dispatch can have. */
const MANY_ROWS = 70_001;

const LAST_AXIS = { attributes: { axis: -1 } };

export const REDUCTIONS = {
  ReduceSum: [
    ...reductions(normal),
    { name: 'of int32', inputs: [integers('int32', -9, 9, 5, 7), shape(-1)], result: 'int32' },
    { name: 'of one row', inputs: [normal(1, 7), shape(0)], options: { attributes: { keepdims: 0 } } },
  ],
  ReduceMean: reductions(normal),
  ReduceMax: [
    ...reductions(normal),
    { name: 'of negative values', inputs: [between(-9, -1, 5, 7), shape(-1)] },
    { name: 'of masked values', inputs: [given('float', [-1e9, -1e9, -3, -1e9, -1e9, -1e9], [2, 3]), shape(-1)] },
  ],
  CumSum: [0, 1].flatMap((exclusive) => [
    cumulative([1, 1], exclusive),
    cumulative([5, 7], exclusive),
    cumulative([3, 256], exclusive),
    {
      ...cumulative([4, 2, 33], exclusive),
      name: `rank 3, exclusive ${exclusive}`,
      inputs: [normal(4, 2, 33), axis(2)],
    },
  ]),
  ArgMax: [
    { name: 'last axis', inputs: [normal(5, 77)], options: argmax(-1, 1), result: 'int64' },
    { name: 'last axis without its dimension', inputs: [normal(3, 4, 9)], options: argmax(-1, 0), result: 'int64' },
    { name: 'of a large row', inputs: [normal(2, 5000)], options: argmax(-1, 1), result: 'int64' },
    {
      name: 'the first of equal values',
      inputs: [integers('float', 0, 2, 9, 31)],
      options: argmax(-1, 1),
      result: 'int64',
    },
  ],
  Softmax: [
    ...[
      [5, 7],
      [1, 1],
      [1, 33],
      [2, 3, 4, 9],
      [3, 300],
      [2, 5000],
    ].map(softmax),
    { name: 'of masked values', inputs: [masked(9)], options: LAST_AXIS },
    {
      name: 'of rows with equal masked values',
      inputs: [between(-1e9, -1e9, 3, 5)],
      options: LAST_AXIS,
    },
    { name: 'of large values', inputs: [between(80, 120, 5, 7)], options: LAST_AXIS },
    softmax([MANY_ROWS, 3]),
  ],
  SimplifiedLayerNormalization: [
    [5, 7],
    [1, 1],
    [1, 24],
    [33, 64],
    [6, 130],
    [2, 1024],
    [MANY_ROWS, 6],
  ].map(([rows, width]) => ({
    name: `[${rows}, ${width}]`,
    inputs: [normal(rows, width), normal(width)],
    options: { attributes: { axis: -1, epsilon: { float: 1e-6 }, stash_type: 1 } },
  })),
} satisfies Partial<Proofs>;

function reductions(make: (...dims: number[]) => ProofInput): ProofCase[] {
  const over = (dims: number[], axes: number[], keepdims: number): ProofCase => ({
    name: `[${dims.join(', ')}] over ${axes.length === 0 ? 'all' : axes.join(', ')}${keepdims === 1 ? '' : ', flat'}`,
    inputs: [make(...dims), ...(axes.length === 0 ? [] : [shape(...axes)])],
    options: { attributes: { keepdims } },
  });
  const each = [0, 1].flatMap((keepdims) => [0, 1, 2, -1].map((at) => over([3, 5, 7], [at], keepdims)));
  return [
    ...each,
    over([1, 1], [-1], 1),
    over([9, 4], [-1], 1),
    over([65, 33], [0], 0),
    over([2, 3, 256], [-1], 0),
    over([3, 5000], [-1], 1),
    over([5000, 3], [0], 0),
    over([17, 33], [], 0),
    over([MANY_ROWS, 3], [-1], 1),
  ];
}

function cumulative(dims: number[], exclusive: number): ProofCase {
  return {
    name: `[${dims.join(', ')}], exclusive ${exclusive}`,
    inputs: [normal(...dims), axis(dims.length - 1)],
    options: { attributes: { exclusive } },
  };
}

/** A constant scalar. */
function axis(at: number): ProofInput {
  return { ...shape(at), dims: [] };
}

function argmax(at: number, keepdims: number): { attributes: Record<string, number> } {
  return { attributes: { axis: at, keepdims, select_last_index: 0 } };
}

function softmax(dims: number[]): ProofCase {
  return { name: `[${dims.join(', ')}]`, inputs: [normal(...dims)], options: LAST_AXIS };
}

/** Scores of a causal mask: later positions are −1e9. */
function masked(time: number): ProofInput {
  const isLater = (at: number): boolean => at % time > Math.floor(at / time) % time;
  return {
    type: 'float',
    dims: [2, time, time],
    value: (random, at) => (isLater(at) ? -1e9 : random.normal()),
    constant: false,
  };
}
