/**
 * Quotients of forms, compared by cross-multiplication, with a record of where they are not defined.
 *
 * A variable never disappears unnoticed: x/x has the form of 1, but remembers that it was divided by x.
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
  /** 1, or a form that holds variables or opaque factors. */
  bottom: Form;
  /** Every factor with variables that was divided by on the way, by its key. */
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

/** 1/a; NotEvaluable for 1/0. */
export function reciprocal(a: Fraction): Fraction {
  const inverse = invert(a.top);
  if (inverse !== null) return { top: multiply(a.bottom, inverse), bottom: ONE, divisors: a.divisors };
  return { top: a.bottom, bottom: a.top, divisors: new Map([...a.divisors, ...factorsOf(a.top)]) };
}

/** The fraction as a form, where nothing is divided by. */
export function wholeOf(a: Fraction): Form {
  if (formKey(a.bottom) !== formKey(ONE)) throw new NotEvaluable();
  return a.top;
}

/** The fraction's value when it is a rational number that never was anything else. */
export function numberOf(a: Fraction): Rational | null {
  return a.divisors.size === 0 && formKey(a.bottom) === formKey(ONE) ? rationalOf(a.top) : null;
}

/** A text that equal fractions of the same writing share. */
export function fractionKey(a: Fraction): string {
  return formKey(a.bottom) === formKey(ONE) ? formKey(a.top) : `(${formKey(a.top)})/(${formKey(a.bottom)})`;
}

/** Whether a and b have the same value wherever both are defined. */
export function sameValue(a: Fraction, b: Fraction): boolean {
  return formKey(multiply(a.top, b.bottom)) === formKey(multiply(b.top, a.bottom));
}

/** Whether a and b are surely undefined at the same places. */
export function sameDomain(a: Fraction, b: Fraction): boolean {
  const [left, right] = [partialOf(a), partialOf(b)];
  if (left.size !== right.size || [...left].some((name) => !right.has(name))) return false;
  return proportion(product([...a.divisors.values()]), product([...b.divisors.values()])) !== null;
}

/** As `sameDomain`, looking at polynomials alone. */
export function sameDivisors(a: Fraction, b: Fraction): boolean {
  const polynomials = ({ divisors }: Fraction): Form[] =>
    [...divisors.values()].filter((form) => form.opaque.size === 0);
  return proportion(product(polynomials(a)), product(polynomials(b))) !== null;
}

/** c with a = c·b, a rational number other than 0; null when there is none. */
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

/** A monomial's variables one by one, anything else as a whole: where these are 0, so is their product. */
function factorsOf(divisor: Form): [string, Form][] {
  if (isConstant(divisor)) return [];
  const term = singleTerm(divisor);
  if (term === null) return [[formKey(divisor), divisor]];
  return term.map((factor) => [formKey(factor), factor]);
}

function product(forms: readonly Form[]): Form {
  return forms.reduce(multiply, ONE);
}

/** Opaque factors that are not defined for every number: all but the exponential and a few functions. */
function partialOf(a: Fraction): Set<string> {
  return new Set([...a.top.opaque, ...a.bottom.opaque].filter((name) => !TOTAL.test(name)));
}

const TOTAL = /^(?:sin|cos|arctan|sinh|cosh|tanh|abs|floor|ceil)\(|^e\^/;
