/**
 * The outer structure of an answer, as `parse.ts` reads it and `../compare/equal.ts` compares it.
 */
import type { Rational } from '../evaluate/rational.ts';
import type { Unit } from '../measures/units.ts';
import type { Multiple } from './multiple.ts';

/** A single item: a number, an expression or words. */
export interface Scalar {
  kind: 'scalar';
  /** Without name and unit. */
  text: string;
  value: Rational | null;
  /** Set for a multiple of one root or of π, also if it simplifies to a rational number (√9). */
  multiple: Multiple | null;
  unit: Unit | null;
  /** What is counted: `apple` of `3 apples`. */
  noun: string | null;
  /** `x` of `x=5`. */
  name: string | null;
  /** Written with `%`; `value` is already divided by 100. */
  percent: boolean;
  /** Written with `≈`. */
  approximate: boolean;
}

/** Returns a scalar of which only the text is known. */
export function plainScalar(text: string): Scalar {
  return {
    kind: 'scalar',
    text,
    value: null,
    multiple: null,
    unit: null,
    noun: null,
    name: null,
    percent: false,
    approximate: false,
  };
}

/** Several items in brackets. A bare list has empty brackets, a union `cup`, a ratio `:`. */
export interface Group {
  kind: 'group';
  /** `(`, `[`, `{` for a set, empty for a list, `cup` for a union, `:` for a ratio. */
  open: string;
  /** As written; `or` for a list of alternative inequalities or labels. */
  close: string;
  /** A list whose parts are joined by "or": values of one unknown, and no point. */
  alternatives?: true;
  items: Answer[];
  /** `x` of `x\in[0,1)`. */
  name: string | null;
  /** True if it was written as a condition or a difference: `\{x \mid x>2\}` for (2,∞). */
  built: boolean;
}

export interface Matrix {
  kind: 'matrix';
  rows: Answer[][];
  name: string | null;
}

/** `a<b≤c`, `x+y=3`: the sides and the signs between them. */
export interface Relation {
  kind: 'relation';
  sides: string[];
  signs: string[];
  name: null;
}

/** `(B) 5`. */
export interface Choice {
  kind: 'choice';
  letter: string;
  content: Answer;
  name: null;
}

export type Answer = Scalar | Group | Matrix | Relation | Choice;
