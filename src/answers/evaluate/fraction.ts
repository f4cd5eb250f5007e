/**
 * Quotients of forms, compared by cross-multiplication. Each records where it is undefined: x/x has the same
 * form as 1 but keeps x as a divisor. Next: `evaluate.ts` uses them to compare expressions.
 */
import { NotEvaluable } from './expression.ts';
import {
  add,
  constant,
  type Form,
  formKey,
  invert,
  isConstant,
  multiply,
  quotient,
  rationalOf,
  singleTerm,
} from './form.ts';
import type { Rational } from './rational.ts';

export interface Fraction {
  top: Form;
  /** 1, or a form that contains variables or opaque factors. */
  bottom: Form;
  /** Every divisor with variables met during evaluation, by its key. */
  divisors: ReadonlyMap<string, Form>;
}

const ONE = constant({ p: 1n, q: 1n });
const NONE: ReadonlyMap<string, Form> = new Map();

export function whole(top: Form): Fraction {
  return { top, bottom: ONE, divisors: NONE };
}

export function addFractions(a: Fraction, b: Fraction): Fraction {
  const divisors = both(a, b);
  if (formKey(a.bottom) === formKey(b.bottom)) return { top: add(a.top, b.top), bottom: a.bottom, divisors };
  const top = add(multiply(a.top, b.bottom), multiply(b.top, a.bottom));
  return { top, bottom: multiply(a.bottom, b.bottom), divisors };
}

export function multiplyFractions(a: Fraction, b: Fraction): Fraction {
  return { top: multiply(a.top, b.top), bottom: multiply(a.bottom, b.bottom), divisors: both(a, b) };
}

/** Computes 1/a. Throws NotEvaluable for 1/0. */
export function reciprocal(a: Fraction): Fraction {
  const inverse = invert(a.top);
  if (inverse !== null) return { top: multiply(a.bottom, inverse), bottom: ONE, divisors: a.divisors };
  return { top: a.bottom, bottom: a.top, divisors: new Map([...a.divisors, ...factorsOf(a.top)]) };
}

/** Returns the fraction as a form. Throws NotEvaluable if it has a denominator. */
export function wholeOf(a: Fraction): Form {
  if (formKey(a.bottom) !== formKey(ONE)) throw new NotEvaluable();
  return a.top;
}

/** Returns the value if the fraction is a rational number without recorded divisors; otherwise null. */
export function numberOf(a: Fraction): Rational | null {
  return a.divisors.size === 0 && formKey(a.bottom) === formKey(ONE) ? rationalOf(a.top) : null;
}

/** Returns a text that is the same for equal fractions in the same notation. */
export function fractionKey(a: Fraction): string {
  return formKey(a.bottom) === formKey(ONE) ? formKey(a.top) : `(${formKey(a.top)})/(${formKey(a.bottom)})`;
}

/** Returns whether a and b have the same value wherever both are defined. */
export function sameValue(a: Fraction, b: Fraction): boolean {
  return formKey(multiply(a.top, b.bottom)) === formKey(multiply(b.top, a.bottom));
}

/** Returns whether a and b are certainly undefined at the same points. */
export function sameDomain(a: Fraction, b: Fraction): boolean {
  const [left, right] = [partialOf(a), partialOf(b)];
  if (left.size !== right.size || [...left].some((name) => !right.has(name))) return false;
  return proportion(product([...a.divisors.values()]), product([...b.divisors.values()])) !== null;
}

/** Same as `sameDomain`, but only for polynomials. */
export function sameDivisors(a: Fraction, b: Fraction): boolean {
  const polynomials = ({ divisors }: Fraction): Form[] =>
    [...divisors.values()].filter((form) => form.opaque.size === 0);
  return proportion(product(polynomials(a)), product(polynomials(b))) !== null;
}

/** Returns the rational c ≠ 0 with a = c·b, or null if there is none. */
export function proportion(a: Form, b: Form): Rational | null {
  const [[key, first]] = a.terms.size === 0 ? [[null, null]] : [...a.terms];
  const partner = key === null ? undefined : b.terms.get(key);
  if (first === null || partner === undefined) return null;
  const [c, d] = [first.coefficient, partner.coefficient];
  const scale = quotient(c.p * d.q, c.q * d.p);
  return formKey(a) === formKey(multiply(b, constant(scale))) ? scale : null;
}

function both(a: Fraction, b: Fraction): ReadonlyMap<string, Form> {
  if (a.divisors.size === 0) return b.divisors;
  return b.divisors.size === 0 ? a.divisors : new Map([...a.divisors, ...b.divisors]);
}

/**
 * Splits a monomial into its variables; any other divisor is one factor. The product is 0 exactly where one
 * of them is 0.
 */
function factorsOf(divisor: Form): [string, Form][] {
  if (isConstant(divisor)) return [];
  const term = singleTerm(divisor);
  if (term === null) return [[formKey(divisor), divisor]];
  // n! is never 0.
  return term
    .map((factor): [string, Form] => [formKey(factor), factor])
    .filter(([key]) => !key.includes('[factorial('));
}

function product(forms: readonly Form[]): Form {
  return forms.reduce(multiply, ONE);
}

/**
 * Returns the opaque factors that are not defined for all numbers: all except the exponential and a few
 * functions.
 */
function partialOf(a: Fraction): Set<string> {
  return new Set([...a.top.opaque, ...a.bottom.opaque].filter((name) => !TOTAL.test(name)));
}

const TOTAL = /^(?:sin|cos|arctan|sinh|cosh|tanh|abs|floor|ceil|factorial)\(|^e\^/;
