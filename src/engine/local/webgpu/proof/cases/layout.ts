/** Operators that move elements: shapes, parts, positions of heads. */

import { given, integers, normal, one, type ProofCase, type ProofInput, type Proofs, shape } from '../case.ts';

export const LAYOUT = {
  Reshape: [
    { name: 'to heads', inputs: [normal(6, 20), shape(2, 3, 4, 5)] },
    { name: 'with the rest', inputs: [normal(2, 3, 4, 5), shape(-1, 20)] },
    { name: 'with a kept dimension', inputs: [normal(2, 3, 4), shape(0, -1)] },
    { name: 'to a fed shape', inputs: [normal(6, 20), given('int64', [2, -1, 10], [3])] },
    { name: 'of int32', inputs: [integers('int32', 0, 9, 4, 3), shape(12)], result: 'int32' },
  ],
  Squeeze: [
    { name: 'the last dimension', inputs: [normal(7, 1), shape(-1)] },
    { name: 'of int32', inputs: [integers('int32', 0, 9, 7, 1), shape(1)], result: 'int32' },
  ],
  Unsqueeze: [
    { name: 'a last dimension', inputs: [normal(7), shape(-1)] },
    { name: 'of int32', inputs: [integers('int32', 0, 9, 7), shape(-1)], result: 'int32' },
    { name: 'two dimensions', inputs: [normal(3, 5), shape(1, 2)] },
  ],
  Transpose: [
    transpose([5, 7], [1, 0]),
    transpose([33, 65], [1, 0]),
    transpose([1, 7], [1, 0]),
    transpose([2, 3, 4, 5], [0, 2, 1, 3]),
    transpose([2, 3, 4, 5], [0, 1, 3, 2]),
    transpose([2, 4, 33, 17], [0, 1, 3, 2]),
    transpose([3, 5, 7], [0, 2, 1]),
    transpose([2, 3, 4, 5, 6], [0, 2, 1, 3, 4]),
  ],
  Concat: [
    concat(0, [2, 3], [1, 3], [4, 3]),
    concat(-1, [2, 3, 4], [2, 3, 1], [2, 3, 7]),
    concat(0, [3], [5]),
    { ...concat(0, [0, 4], [3, 4]), name: 'with an empty first input' },
    { ...concat(0, [3, 4], [0, 4]), name: 'with an empty last input' },
    {
      name: 'of int32',
      inputs: [integers('int32', 0, 9, 3), integers('int32', 0, 9, 2)],
      options: { attributes: { axis: 0 } },
      result: 'int32',
    },
  ],
  Split: [
    split([5, 9], [4, 3, 2], -1),
    split([6, 4], [1, 5], 0),
    split([2, 3, 4, 10], [7, 2, 1], -1),
    split([3, 16], [1, 1, 2, 3, 1, 4, 2, 2], -1),
    {
      ...split([2, 3, 1, 10], [7, 2, 1], -1),
      name: 'by fed lengths',
      inputs: [normal(2, 3, 1, 10), given('int64', [7, 2, 1], [3])],
    },
  ],
  Slice: [
    { name: 'of rows', inputs: [normal(7, 5), shape(2), shape(6), shape(0)] },
    { name: 'of fed rows', inputs: [normal(7, 5), given('int64', [2], [1]), given('int64', [6], [1]), shape(0)] },
    { name: 'beyond the end', inputs: [normal(7, 5), given('int64', [5], [1]), given('int64', [99], [1]), shape(0)] },
    { name: 'of columns', inputs: [normal(3, 9), shape(1), shape(8), shape(1)] },
    { name: 'of a middle dimension', inputs: [normal(2, 3, 9, 4), shape(1), shape(5), shape(2)] },
  ],
  Pad: [
    { name: 'the last columns', inputs: [normal(3, 7), shape(0, 0, 0, 4)] },
    { name: 'the first columns', inputs: [normal(3, 7), shape(0, 2, 0, 0)] },
    { name: 'a middle dimension', inputs: [normal(2, 3, 4, 5), shape(0, 0, 0, 0, 0, 0, 3, 0)] },
    { name: 'a fed length', inputs: [normal(2, 3, 4, 5), given('int64', [0, 0, 0, 0, 0, 0, 3, 0], [8])] },
    { name: 'with a value', inputs: [normal(3, 7), shape(0, 0, 0, 4), { ...one(-1e9), dims: [] }] },
  ],
  Expand: [
    { name: 'a constant', inputs: [one(-1), given('int64', [5, 1], [2])] },
    { name: 'a column', inputs: [normal(5, 1), given('int64', [5, 7], [2])] },
    { name: 'a row', inputs: [normal(7), shape(5, 7)] },
    { name: 'heads', inputs: [normal(2, 3, 1, 4), shape(2, 3, 5, 4)] },
    { name: 'int32 indices', inputs: [integers('int32', 0, 9, 5, 1), given('int64', [5, 7], [2])], result: 'int32' },
  ],
  RotaryEmbedding: [
    rotary({ batch: 1, time: 1, heads: 1, headDim: 8 }, null),
    rotary({ batch: 2, time: 5, heads: 3, headDim: 8 }, null),
    rotary({ batch: 3, time: 17, heads: 2, headDim: 6 }, null),
    rotary({ batch: 2, time: 4, heads: 1, headDim: 10 }, null),
    rotary({ batch: 2, time: 9, heads: 4, headDim: 64 }, null),
    rotary({ batch: 4, time: 1, heads: 3, headDim: 8 }, [7, 0, 19, 3]),
    rotary({ batch: 3, time: 2, heads: 2, headDim: 16 }, [5, 6, 0, 1, 17, 18]),
  ],
} satisfies Partial<Proofs>;

function transpose(dims: number[], perm: number[]): ProofCase {
  return {
    name: `[${dims.join(', ')}] to ${perm.join(', ')}`,
    inputs: [normal(...dims)],
    options: { attributes: { perm } },
  };
}

function concat(axis: number, ...parts: number[][]): ProofCase {
  const name = parts.map((dims) => `[${dims.join(', ')}]`).join(' and ');
  return { name, inputs: parts.map((dims) => normal(...dims)), options: { attributes: { axis } } };
}

function split(dims: number[], lengths: number[], axis: number): ProofCase {
  return {
    name: `[${dims.join(', ')}] into ${lengths.join(', ')}`,
    inputs: [normal(...dims), shape(...lengths)],
    options: { attributes: { axis } },
    outputs: lengths.length,
  };
}

interface Rotated {
  batch: number;
  time: number;
  heads: number;
  headDim: number;
}

/** @param positions of each token; null: from 0 */
function rotary({ batch, time, heads, headDim }: Rotated, positions: number[] | null): ProofCase {
  const start: ProofInput = positions === null ? shape(0) : given('int64', positions, [batch, time]);
  return {
    name: `${batch}×${time}×${heads}×${headDim}${positions === null ? '' : ' at positions'}`,
    inputs: [normal(batch, time, heads * headDim), start, normal(20, headDim / 2), normal(20, headDim / 2)],
    options: { domain: 'com.microsoft', attributes: { num_heads: heads } },
  };
}
