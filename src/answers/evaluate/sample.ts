/**
 * Distinguishes expressions by their values at a few points, in double precision: the second evaluator.
 *
 * It proves only difference: values that differ by far more than rounding explains. Agreement is not
 * equality; it only means that computer algebra (`algebra.ts`) is worth trying.
 */
import * as complex from './complex.ts';
import { type Complex, NAN, over, plus, raise, real, size, times } from './complex.ts';
import { type Expression, type FunctionName, UNKNOWN_BASE, variablesOf, walk } from './expression.ts';
import { deriveSeed } from '../../random.ts';

export interface Sampled {
  /** `part`: they agree for positive numbers but not for all, or are undefined at different points. */
  found: 'differ' | 'agree' | 'part' | 'unknown';
  /** No intermediate value was so large or so small that it could hide a difference. */
  tame: boolean;
}

/** Smallest and largest magnitude among the intermediate values. */
interface Span {
  least: number;
  largest: number;
}

/** Points with positive variables only, followed by points of both signs. */
export const POSITIVE_POINTS = 5;
const MIXED_POINTS = 5;
/** Relative to the largest intermediate value; rounding errors stay far below. */
const APART = 1e-6;
const TOGETHER = 1e-9;
const TAME = 1e15;
const MAX_PARTS = 1000;

/** Compares two expressions at fixed points. */
export function sample(a: Expression, b: Expression): Sampled {
  const span: Span = { least: Infinity, largest: 0 };
  const found = canSample(a) && canSample(b) ? compareAtPoints(a, b, span) : 'unknown';
  return { found, tame: span.least > 1 / TAME && span.largest < TAME };
}

function compareAtPoints(a: Expression, b: Expression, span: Span): Sampled['found'] {
  const variables = variablesOf(a, b);
  const parts = [...walk(a), ...walk(b)];
  const isComplex = parts.some((part) => part.kind === 'symbol' && part.name === 'i');
  const points = variables.length === 0 ? 1 : POSITIVE_POINTS + MIXED_POINTS;
  // (a^b)^c and ln a^b have no real value at most negative points, and there would agree unseen.
  const principal = parts.some(hasVariablePower) ? MIXED_POINTS * 2 : 0;
  const counts = { agree: 0, differ: 0, unlike: 0 };
  for (let point = 0; point < points; point++) {
    const found = compareAt(a, b, pointOf(variables, point, isComplex), span);
    if (found === null) continue;
    counts[found]++;
    if (found === 'differ' && point < POSITIVE_POINTS) return 'differ';
  }
  for (let point = points; point < points + principal; point++)
    if (compareAt(a, b, principalPoint(variables, point), span) === 'differ') counts.differ++;
  if (counts.agree === 0) return 'unknown';
  return counts.differ > 0 || counts.unlike > 0 ? 'part' : 'agree';
}

/** Returns whether a part is a power of a variable base with a variable in the exponent. */
function hasVariablePower(part: Expression): boolean {
  return part.kind === 'power' && variablesOf(part.base).length > 0 && variablesOf(part.exponent).length > 0;
}

/**
 * Returns whether an expression can be sampled. Integer variables (n!, ⌊n/2⌋) and runs of capitals cannot,
 * because their meaning is unknown.
 */
function canSample(expression: Expression): boolean {
  let parts = 0;
  for (const part of walk(expression)) {
    if (++parts > MAX_PARTS) return false;
    if (part.kind === 'symbol' && /^[A-Z]{2}/.test(part.name)) return false;
    if (part.kind === 'call' && WHOLE.has(part.name) && variablesOf(part).length > 0) return false;
  }
  return true;
}

const WHOLE: ReadonlySet<FunctionName> = new Set<FunctionName>(['factorial', 'binomial', 'floor', 'ceil']);

/** Variables are multiples of 1/127, so a sum of a few of them is not an integer by chance. */
export const SAMPLE_DENOMINATOR = 127;

/**
 * Returns the numerator over `SAMPLE_DENOMINATOR` of a variable's value at a point. The result is
 * deterministic.
 */
export function numeratorAt(variable: string, point: number): number {
  const draw = deriveSeed('sample', variable, point);
  const drawn = 31 + (draw % 290);
  const magnitude = drawn % SAMPLE_DENOMINATOR === 0 ? drawn + 1 : drawn;
  return point >= POSITIVE_POINTS && draw & 0x8000 && variable !== UNKNOWN_BASE ? -magnitude : magnitude;
}

/** Without i in the expressions, numbers are real: √x is undefined for negative x. */
interface Point {
  isComplex: boolean;
  values: ReadonlyMap<string, Complex>;
}

function pointOf(variables: readonly string[], point: number, isComplex: boolean): Point {
  const values = new Map(variables.map((name) => [name, real(numeratorAt(name, point) / SAMPLE_DENOMINATOR)]));
  return { isComplex, values };
}

/**
 * Returns a point for principal values of powers, with magnitudes above 1 and every second time only negative values:
 * there (a^b)^c and a^{bc} differ. The letters n, m and k are whole numbers by convention: (x^n)^m is x^{nm}.
 */
function principalPoint(variables: readonly string[], point: number): Point {
  const values = variables.map((name): [string, Complex] => {
    const drawn = numeratorAt(name, point) / SAMPLE_DENOMINATOR;
    const magnitude = Math.abs(drawn) + 1;
    const value = drawn < 0 || point % 2 === 0 ? -magnitude : magnitude;
    return [name, real(/^[nmk]$/.test(name) ? Math.round(value) : value)];
  });
  return { isComplex: true, values: new Map(values) };
}

function compareAt(a: Expression, b: Expression, at: Point, span: Span): 'agree' | 'differ' | 'unlike' | null {
  const here: Span = { least: Infinity, largest: 0 };
  const [x, y] = [valueOf(a, at, here), valueOf(b, at, here)];
  span.least = Math.min(span.least, here.least);
  span.largest = Math.max(span.largest, here.largest);
  const [known, other] = [Number.isFinite(size(x)), Number.isFinite(size(y))];
  if (!known || !other) return known === other ? null : 'unlike';
  const distance = size({ re: x.re - y.re, im: x.im - y.im });
  if (distance > APART * here.largest) return 'differ';
  return distance <= TOGETHER * here.largest ? 'agree' : null;
}

/** Computes the value (NaN if undefined) and records its magnitude in `span`. */
function valueOf(of: Expression, at: Point, span: Span): Complex {
  const value = compute(of, at, span);
  if (value.im !== 0 && !at.isComplex) return NAN;
  const magnitude = size(value);
  span.largest = Math.max(span.largest, magnitude);
  if (magnitude > 0) span.least = Math.min(span.least, magnitude);
  return value;
}

function compute(of: Expression, at: Point, span: Span): Complex {
  const get = (part: Expression): Complex => valueOf(part, at, span);
  switch (of.kind) {
    case 'number':
      return real(Number(of.value.p) / Number(of.value.q));
    case 'symbol':
      return at.values.get(of.name) ?? constantOf(of.name);
    case 'sum':
      return of.terms.map(get).reduce(plus);
    case 'product':
      return of.factors.map(get).reduce(times);
    case 'quotient':
      return over(get(of.top), get(of.bottom));
    case 'power':
      return raise(get(of.base), get(of.exponent));
    case 'root':
      return rootOf(get(of.of), of.degree);
    case 'call': {
      const inside = of.of.map(get);
      // tanh 100 differs from 1 only in its 87th digit.
      if (of.name === 'tanh') span.largest = Math.max(span.largest, Math.exp(size(inside[0])));
      return call(of.name, inside);
    }
  }
}

function constantOf(name: string): Complex {
  if (name === 'pi') return real(Math.PI);
  if (name === 'e') return real(Math.E);
  return name === 'i' ? { re: 0, im: 1 } : NAN;
}

/** Computes a root. Odd roots of negative numbers are negative, the school convention. */
function rootOf(of: Complex, degree: number): Complex {
  if (of.im === 0 && of.re < 0 && degree % 2 === 1) return real(-raise(real(-of.re), real(1 / degree)).re);
  return raise(of, real(1 / degree));
}

function call(name: FunctionName, [x, y]: Complex[]): Complex {
  switch (name) {
    case 'sin':
      return complex.sin(x);
    case 'cos':
      return complex.cos(x);
    case 'tan':
      return over(complex.sin(x), complex.cos(x));
    case 'cot':
      return over(complex.cos(x), complex.sin(x));
    case 'sec':
      return over(real(1), complex.cos(x));
    case 'csc':
      return over(real(1), complex.sin(x));
    case 'ln':
      return complex.ln(x);
    case 'log':
      return over(complex.ln(x), complex.ln(y));
    case 'abs':
      return real(size(x));
    default:
      return x.im === 0 && (y === undefined || y.im === 0) ? real(realCall(name, x.re, y?.re ?? 0)) : NAN;
  }
}

function realCall(name: FunctionName, x: number, y: number): number {
  if (name === 'arcsin') return Math.asin(x);
  if (name === 'arccos') return Math.acos(x);
  if (name === 'arctan') return Math.atan(x);
  if (name === 'sinh') return Math.sinh(x);
  if (name === 'cosh') return Math.cosh(x);
  if (name === 'tanh') return Math.tanh(x);
  // A rounding error must not cross an integer.
  if (name === 'floor' || name === 'ceil') return Math.abs(x - Math.round(x)) < APART ? Number.NaN : Math[name](x);
  return name === 'factorial' ? factorial(x) : factorial(x) / (factorial(y) * factorial(x - y));
}

function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170) return Number.NaN;
  let result = 1;
  for (let factor = 2; factor <= n; factor++) result *= factor;
  return result;
}
