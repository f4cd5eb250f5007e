/** Operators that work on each element. */

import { between, given, integers, normal, one, type ProofCase, type ProofInput, type Proofs } from '../case.ts';

/** Sizes around the widths of vectors and workgroups. */
const SIZES: number[][] = [[1], [7], [5, 3], [2, 3, 4, 5], [33, 65]];

export const ELEMENTS = {
  Add: [
    ...pairs(normal),
    { name: 'over its first input', inputs: [normal(5, 7), normal(5, 7)], over: 0 },
    { name: 'of a mask', inputs: [normal(2, 3, 5, 5), mask(5)] },
    { name: 'of int32', inputs: [integers('int32', -9, 9, 3, 5), integers('int32', -9, 9, 1, 5)], result: 'int32' },
    { name: 'with more than 65,535 workgroups of one row', inputs: [normal(70_001, 3), normal(3)] },
  ],
  Sub: [
    ...pairs(normal),
    { name: 'over its first input', inputs: [normal(5, 7), normal(5, 7)], over: 0 },
    { name: 'of the row maximum', inputs: [normal(5, 7), normal(5, 1)] },
    { name: 'from a constant', inputs: [one(1), normal(5, 7)] },
    { name: 'of itself', inputs: [normal(5, 7), given('float', [0], [1])] },
    { name: 'of int32', inputs: [integers('int32', -9, 9, 3, 5), integers('int32', -9, 9, 3, 1)], result: 'int32' },
  ],
  Mul: [
    ...pairs(normal),
    { name: 'over its first input', inputs: [normal(5, 7), normal(1)], over: 0 },
    { name: 'with one factor per row', inputs: [normal(5, 7), normal(5, 1)] },
    { name: 'with a constant', inputs: [normal(5, 7), one(0.25)] },
    { name: 'of int32', inputs: [integers('int32', -9, 9, 3, 5), integers('int32', -9, 9, 5)], result: 'int32' },
  ],
  Div: [
    ...pairs((...dims) => between(0.5, 2, ...dims)),
    { name: 'by a value per row', inputs: [normal(5, 7), between(1, 9, 5, 1)] },
    { name: 'by a fed scalar', inputs: [normal(5, 7), between(1, 9, 1)] },
  ],
  Neg: each(normal),
  Exp: [...each(normal), { name: 'of masked values', inputs: [given('float', [-1e9, -200, -87, 0, 20], [5])] }],
  Log: each((...dims) => between(1e-6, 9, ...dims)),
  Sqrt: [...each((...dims) => between(0, 9, ...dims)), { name: 'of zeros', inputs: [given('float', [0, 0, 0], [3])] }],
  Reciprocal: each((...dims) => between(0.01, 9, ...dims)),
  Sigmoid: [...each(normal), { name: 'of large values', inputs: [given('float', [-100, -30, 30, 100], [4])] }],
  QuickGelu: SIZES.map((dims) => ({
    name: `[${dims.join(', ')}]`,
    inputs: [normal(...dims)],
    options: { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } },
  })),
  Cast: [
    {
      name: 'float to int32',
      inputs: [given('float', [-2.9, -1, -0.2, 0, 0.9, 1, 7.5], [7])],
      options: to(6),
      result: 'int32',
    },
    { name: 'int32 to float', inputs: [integers('int32', -99, 99, 3, 7)], options: to(1) },
    { name: 'bool to float', inputs: [integers('bool', 0, 1, 3, 7)], options: to(1) },
    { name: 'bool to int32', inputs: [integers('bool', 0, 1, 5)], options: to(6), result: 'int32' },
    { name: 'float to bool', inputs: [given('float', [-1, 0, 0.5, 1, 0], [5])], options: to(9), result: 'bool' },
    { name: 'int32 to int64', inputs: [integers('int32', -99, 99, 3, 7)], options: to(7), result: 'int64' },
  ],
  Identity: each(normal),
  Equal: comparisons(),
  Greater: comparisons(),
  GreaterOrEqual: comparisons(),
  Less: comparisons(),
  Where: [
    { name: 'of floats', inputs: [integers('bool', 0, 1, 3, 7), normal(3, 7), normal(3, 7)] },
    { name: 'with one condition per row', inputs: [integers('bool', 0, 1, 3, 1), normal(3, 7), normal(3, 7)] },
    { name: 'with constants', inputs: [integers('bool', 0, 1, 4, 1, 1, 9), one(0), one(-1e9)] },
    {
      name: 'of int32',
      inputs: [integers('bool', 0, 1, 5), integers('int32', -9, 9, 5), integers('int32', -9, 9, 5)],
      result: 'int32',
    },
  ],
} satisfies Partial<Proofs>;

type Make = (...dims: number[]) => ProofInput;

function each(make: Make): ProofCase[] {
  return SIZES.map((dims) => ({ name: `[${dims.join(', ')}]`, inputs: [make(...dims)] }));
}

function pairs(make: Make): ProofCase[] {
  const same = SIZES.map((dims) => ({ name: `[${dims.join(', ')}]`, inputs: [make(...dims), make(...dims)] }));
  return [
    ...same,
    { name: 'of rows and a vector', inputs: [make(5, 7), make(7)] },
    { name: 'of a column and a row', inputs: [make(5, 1), make(1, 6)] },
    { name: 'with broadcasting in the middle', inputs: [make(3, 1, 2, 4), make(3, 5, 1, 4)] },
  ];
}

function comparisons(): ProofCase[] {
  const few: Make = (...dims) => integers('float', 0, 3, ...dims);
  const whole: Make = (...dims) => integers('int32', 0, 3, ...dims);
  return [
    { name: 'of floats', inputs: [few(5, 7), few(5, 7)], result: 'bool' },
    { name: 'of floats with one per row', inputs: [few(5, 7), few(5, 1)], result: 'bool' },
    { name: 'of floats with a constant', inputs: [few(9), one(1)], result: 'bool' },
    { name: 'of int32', inputs: [whole(5, 7), whole(5, 7)], result: 'bool' },
    { name: 'of int32 positions', inputs: [whole(4, 1, 1, 1), whole(9)], result: 'bool' },
  ];
}

function to(type: number): { attributes: { to: number } } {
  return { attributes: { to: type } };
}

function mask(time: number): ProofInput {
  const isLater = (at: number): boolean => at % time > Math.floor(at / time);
  return { type: 'float', dims: [time, time], value: (_random, at) => (isLater(at) ? -1e9 : 0), constant: false };
}
