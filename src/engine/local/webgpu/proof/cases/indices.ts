/** Operators with indices. */

import { given, integers, normal, type ProofCase, type Proofs } from '../case.ts';

export const INDICES = {
  Gather: [
    gather('rows', [9, 5], [7]),
    gather('one row', [9, 5], [1]),
    gather('rows of a large table', [5000, 24], [33]),
    gather('slots', [6, 2, 3, 4], [4]),
    gather('rows of rank 3', [6, 2, 3], [2, 2]),
    { name: 'columns', inputs: [normal(5, 9), integers('int32', 0, 8, 3)], options: { attributes: { axis: 1 } } },
    {
      name: 'int32 values',
      inputs: [integers('int32', -9, 9, 9), integers('int32', 0, 8, 5)],
      options: { attributes: { axis: 0 } },
      result: 'int32',
    },
  ],
  GatherElements: [
    {
      name: 'one column per row',
      inputs: [normal(7, 33), integers('int32', 0, 32, 7, 1)],
      options: { attributes: { axis: 1 } },
    },
    { name: 'of one row', inputs: [normal(1, 5), integers('int32', 0, 4, 1, 1)], options: { attributes: { axis: 1 } } },
    {
      name: 'of a large row',
      inputs: [normal(3, 5000), integers('int32', 0, 4999, 3, 1)],
      options: { attributes: { axis: 1 } },
    },
    {
      name: 'several per row',
      inputs: [normal(4, 9), integers('int32', 0, 8, 4, 5)],
      options: { attributes: { axis: -1 } },
    },
  ],
  ScatterElements: [
    added('one per row', [7, 33], [7, 1], 1),
    added('one per row of a large row', [3, 5000], [3, 1], 1),
    repeated('repeated rows', [9, 5], [0, 3, 3, 8, 3, 0, 3]),
    repeated(
      'rows that are all the same',
      [4, 33],
      Array.from({ length: 65 }, () => 2),
    ),
    { ...repeated('repeated rows over the data', [9, 5], [0, 3, 3, 8, 3, 0, 3]), over: 0 },
    { ...repeated('one row over the data', [9, 5], [4]), over: 0 },
  ],
  ScatterND: [
    {
      name: 'slots over the data',
      inputs: [normal(6, 2, 3, 4), given('int64', [4, 1], [2, 1]), normal(2, 2, 3, 4)],
      over: 0,
    },
    {
      name: 'one position per slot and head over the data',
      inputs: [
        normal(3, 2, 5, 4),
        given('int64', [0, 0, 4, 0, 1, 4, 1, 0, 0, 1, 1, 0, 2, 0, 2, 2, 1, 2], [6, 3]),
        normal(6, 4),
      ],
      over: 0,
    },
    { name: 'of elements', inputs: [normal(5, 7), given('int64', [0, 6, 3, 2], [2, 2]), normal(2)] },
  ],
} satisfies Partial<Proofs>;

function gather(name: string, table: number[], indices: number[]): ProofCase {
  return {
    name,
    inputs: [normal(...table), integers('int32', 0, table[0] - 1, ...indices)],
    options: { attributes: { axis: 0 } },
  };
}

function added(name: string, dims: [number, number], updates: [number, number], axis: number): ProofCase {
  return {
    name,
    inputs: [normal(...dims), integers('int32', 0, dims[axis] - 1, ...updates), normal(...updates)],
    options: { attributes: { axis, reduction: 'add' } },
  };
}

/** Adds rows at indices that may repeat. */
function repeated(name: string, [rows, width]: [number, number], indices: number[]): ProofCase {
  const cells = indices.flatMap((row) => Array.from({ length: width }, () => row));
  return {
    name,
    inputs: [normal(rows, width), given('int32', cells, [indices.length, width]), normal(indices.length, width)],
    options: { attributes: { axis: 0, reduction: 'add' } },
  };
}
