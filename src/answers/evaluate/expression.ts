/**
 * The expression tree: built by `expression-parser.ts` and used by the evaluators (`evaluate.ts`,
 * `sample.ts`, `algebra.ts`). No parsing and no evaluation here.
 */
import type { Rational } from './rational.ts';

/** Functions of one argument, except `log` (argument, base) and `binomial` (n, k). */
export type FunctionName =
  | 'sin'
  | 'cos'
  | 'tan'
  | 'cot'
  | 'sec'
  | 'csc'
  | 'arcsin'
  | 'arccos'
  | 'arctan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'ln'
  | 'log'
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'factorial'
  | 'binomial';

export type Expression =
  | { kind: 'number'; value: Rational }
  /** A variable, or `pi`, `e`, `i`. */
  | { kind: 'symbol'; name: string }
  | { kind: 'sum'; terms: Expression[] }
  | { kind: 'product'; factors: Expression[] }
  | { kind: 'quotient'; top: Expression; bottom: Expression }
  | { kind: 'power'; base: Expression; exponent: Expression }
  | { kind: 'root'; of: Expression; degree: number }
  | { kind: 'call'; name: FunctionName; of: Expression[] };

/** Name of the base of a log written without one. It is not a letter, so it cannot clash with a variable. */
export const UNKNOWN_BASE = 'log-base';

/** This answer cannot be parsed or computed. Thrown only inside the evaluators, and always caught there. */
export class NotEvaluable extends Error {}

/** Returns `value`, or throws NotEvaluable if it is null. */
export function need<Value>(value: Value | null): Value {
  if (value === null) throw new NotEvaluable();
  return value;
}

export function integer(n: number): Expression {
  return { kind: 'number', value: { p: BigInt(n), q: 1n } };
}

export function negative(of: Expression): Expression {
  return { kind: 'product', factors: [integer(-1), of] };
}

/** Builds `a` − `b`. */
export function minus(a: Expression, b: Expression): Expression {
  return { kind: 'sum', terms: [a, negative(b)] };
}

/** Returns the direct parts of an expression. */
function children(of: Expression): Expression[] {
  switch (of.kind) {
    case 'number':
    case 'symbol':
      return [];
    case 'sum':
      return of.terms;
    case 'product':
      return of.factors;
    case 'quotient':
      return [of.top, of.bottom];
    case 'power':
      return [of.base, of.exponent];
    case 'root':
      return [of.of];
    case 'call':
      return of.of;
  }
}

/** Yields the expression and all its parts. */
export function* walk(of: Expression): Generator<Expression> {
  yield of;
  for (const child of children(of)) yield* walk(child);
}

const CONSTANTS = new Set(['pi', 'e', 'i']);

/** Returns the names of the variables, sorted. */
export function variablesOf(...expressions: Expression[]): string[] {
  const names = new Set<string>();
  for (const expression of expressions)
    for (const part of walk(expression)) if (part.kind === 'symbol' && !CONSTANTS.has(part.name)) names.add(part.name);
  return [...names].toSorted();
}
