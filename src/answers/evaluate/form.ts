/**
 * Exact normal forms: sums of rational × √n × powers of named factors (π, e, i, variables, …).
 *
 * Square roots of distinct square-free numbers and powers of π are linearly independent over the rationals.
 * Two forms that contain only these are therefore equal exactly if their keys are equal. Anything else (a
 * function value, a root of x, a power x^y) is an *opaque* factor, known only by its text: the same form
 * still proves equality, but a different form proves nothing. Not a computer algebra system. Next:
 * `fraction.ts` for quotients.
 */
import { need, NotEvaluable } from './expression.ts';
import { LIMITS } from '../limits.ts';
import { gcd, makeRational, type Rational } from './rational.ts';

interface Term {
  coefficient: Rational;
  /** Square-free, positive. */
  radicand: bigint;
  factors: ReadonlyMap<string, number>;
}

export interface Form {
  terms: ReadonlyMap<string, Term>;
  /** Every opaque factor met during evaluation, even if it cancelled. */
  opaque: ReadonlySet<string>;
}

/** Computes p/q, within `LIMITS.bits`. */
export function quotient(p: bigint, q: bigint): Rational {
  const value = need(makeRational(p, q));
  if (tooLong(value.p) || tooLong(value.q)) throw new NotEvaluable();
  return value;
}

function tooLong(value: bigint): boolean {
  return BigInt.asIntN(LIMITS.bits, value) !== value;
}

export function constant(value: Rational): Form {
  return fromTerms([{ coefficient: value, radicand: 1n, factors: new Map() }], new Set());
}

/** A variable, π, e or i. */
export function symbol(name: string): Form {
  return fromTerms([{ coefficient: { p: 1n, q: 1n }, radicand: 1n, factors: new Map([[name, 1]]) }], new Set());
}

/** Creates a value known only by its text. */
export function opaque(text: string, inside: readonly Form[]): Form {
  if (text.length > LIMITS.characters) throw new NotEvaluable();
  const seen = new Set([text, ...inside.flatMap((form) => [...form.opaque])]);
  return { ...symbol(text), opaque: seen };
}

function fromTerms(terms: Iterable<Term>, seen: ReadonlySet<string>): Form {
  const sums = new Map<string, Term>();
  for (const term of terms) {
    const key = termKey(term);
    const before = sums.get(key)?.coefficient ?? { p: 0n, q: 1n };
    const { p, q } = term.coefficient;
    const coefficient = quotient(before.p * q + p * before.q, before.q * q);
    if (coefficient.p === 0n) sums.delete(key);
    else sums.set(key, { ...term, coefficient });
    if (sums.size > LIMITS.terms) throw new NotEvaluable();
  }
  return { terms: sums, opaque: seen };
}

/** Factors are bracketed, not quoted: nested quotes would double the text at each level. */
function termKey({ radicand, factors }: Term): string {
  const names = [...factors].map(([name, power]) => `[${name}^${power}]`).toSorted();
  return `${radicand}${names.join('')}`;
}

/** Returns a text that is the same for equal forms. */
export function formKey(form: Form): string {
  return [...form.terms]
    .map(([key, { coefficient }]) => `${coefficient.p}/${coefficient.q}*${key}`)
    .toSorted()
    .join('+');
}

/** Returns the form's rational value, or null if it is not rational. */
export function rationalOf(form: Form): Rational | null {
  if (form.opaque.size > 0) return null;
  if (form.terms.size === 0) return { p: 0n, q: 1n };
  const [term] = form.terms.values();
  return form.terms.size === 1 && term.radicand === 1n && term.factors.size === 0 ? term.coefficient : null;
}

export function add(a: Form, b: Form): Form {
  return fromTerms([...a.terms.values(), ...b.terms.values()], union(a, b));
}

export function multiply(a: Form, b: Form): Form {
  if (a.terms.size * b.terms.size > LIMITS.terms) throw new NotEvaluable();
  const products = [...a.terms.values()].flatMap((x) => [...b.terms.values()].map((y) => multiplyTerms(x, y)));
  return fromTerms(products, union(a, b));
}

function union(a: Form, b: Form): Set<string> {
  return new Set([...a.opaque, ...b.opaque]);
}

function multiplyTerms(a: Term, b: Term): Term {
  const shared = gcd(a.radicand, b.radicand);
  const coefficient = quotient(a.coefficient.p * b.coefficient.p * shared, a.coefficient.q * b.coefficient.q);
  const factors = new Map(a.factors);
  for (const [name, power] of b.factors) {
    const sum = (factors.get(name) ?? 0) + power;
    if (sum === 0) factors.delete(name);
    else factors.set(name, sum);
  }
  const product = { coefficient, radicand: (a.radicand / shared) * (b.radicand / shared), factors };
  return factors.has('i') ? reduceI(product) : product;
}

/** Applies i² = −1, so that at most one i is left. */
function reduceI({ coefficient, radicand, factors }: Term): Term {
  const power = (((factors.get('i') ?? 0) % 4) + 4) % 4;
  const reduced = new Map(factors);
  if (power % 2 === 0) reduced.delete('i');
  else reduced.set('i', 1);
  return { coefficient: power < 2 ? coefficient : { ...coefficient, p: -coefficient.p }, radicand, factors: reduced };
}

/** Computes 1/a if it is a form too: for a single constant term and for a sum of two. Otherwise null. */
export function invert(a: Form): Form | null {
  if (a.terms.size === 0) throw new NotEvaluable('division by zero');
  if (a.opaque.size > 0 || a.terms.size > 2 || !isConstant(a)) return null;
  const [first, second] = a.terms.values();
  if (second !== undefined) return invertPair(a, first, second);
  const { coefficient, radicand, factors } = first;
  const powers = [...factors].map(([name, power]): [string, number] => [name, -power]);
  const inverse = {
    coefficient: quotient(coefficient.q, coefficient.p * radicand),
    radicand,
    factors: new Map(powers),
  };
  return fromTerms([factors.has('i') ? reduceI(inverse) : inverse], new Set());
}

/** Returns whether the form contains only numbers, roots, π, e and i. */
export function isConstant(a: Form): boolean {
  return [...a.terms.values()].every((term) => [...term.factors.keys()].every((name) => CONSTANTS.has(name)));
}

const CONSTANTS = new Set(['pi', 'e', 'i']);

const unit: Term = { coefficient: { p: 1n, q: 1n }, radicand: 1n, factors: new Map() };

/** Computes 1/(u + v) = (u − v)/(u² − v²) if that denominator is rational; otherwise null. */
function invertPair(a: Form, u: Term, v: Term): Form | null {
  const conjugate = fromTerms([u, { ...v, coefficient: { p: -v.coefficient.p, q: v.coefficient.q } }], a.opaque);
  const norm = rationalOf(multiply(a, conjugate));
  return norm === null ? null : multiply(conjugate, constant(quotient(norm.q, norm.p)));
}

/** Computes a^n for an integer n ≥ 1. */
export function integerPower(a: Form, n: number): Form {
  if (n > LIMITS.exponent) throw new NotEvaluable();
  const value = rationalOf(a);
  if (value !== null) return constant(rationalPower(value, n));
  if (n > LIMITS.terms) throw new NotEvaluable();
  let result = constant({ p: 1n, q: 1n });
  for (let power = a, left = n; left > 0; left >>= 1) {
    if (left & 1) result = multiply(result, power);
    if (left > 1) power = multiply(power, power);
  }
  return result;
}

function rationalPower({ p, q }: Rational, n: number): Rational {
  const bits = Math.max(p.toString(16).length, q.toString(16).length) * 4;
  // ±1 and 0 stay short for any exponent.
  if ((p > 1n || p < -1n || q > 1n) && (bits - 4) * n > LIMITS.bits) throw new NotEvaluable();
  return quotient(p ** BigInt(n), q ** BigInt(n));
}

/**
 * Computes the k-th root of a: exact, with square roots as √n. The result is opaque if a is not a plain
 * number.
 */
export function root(a: Form, k: number): Form {
  const value = rationalOf(a);
  if (value === null) return opaque(`root${k}(${formKey(a)})`, [a]);
  const negative = value.p < 0n;
  if (negative && k === 2) return multiply(symbol('i'), root(constant({ p: -value.p, q: value.q }), 2));
  if (negative && k % 2 === 0) throw new NotEvaluable();
  const p = negative ? -value.p : value.p;
  const [top, bottom] = [exactRoot(p, k), exactRoot(value.q, k)];
  if (top !== null && bottom !== null) return constant(quotient(negative ? -top : top, bottom));
  if (k !== 2) return opaque(`root${k}(${formKey(a)})`, [a]);
  const { outside, radicand } = squareFree(p * value.q);
  return fromTerms([{ ...unit, coefficient: quotient(outside, value.q), radicand }], new Set());
}

/** Returns the integer k-th root of n ≥ 0 if it is exact, else null. */
function exactRoot(n: bigint, k: number): bigint | null {
  if (n < 2n) return n;
  const power = BigInt(k);
  if (k < 2 || k > 64) return null;
  // Newton's method from above.
  let guess = 1n << BigInt(Math.ceil((n.toString(16).length * 4) / k));
  for (;;) {
    const next = ((power - 1n) * guess + n / guess ** (power - 1n)) / power;
    if (next >= guess) return guess ** power === n ? guess : null;
    guess = next;
  }
}

const TRIAL = 10_000n;

/** Splits n = outside² · radicand with a square-free radicand. */
function squareFree(n: bigint): { outside: bigint; radicand: bigint } {
  let [outside, radicand, rest] = [1n, 1n, n];
  for (let prime = 2n; prime <= TRIAL && prime * prime <= rest; prime++) {
    while (rest % (prime * prime) === 0n) [outside, rest] = [outside * prime, rest / (prime * prime)];
    if (rest % prime === 0n) [radicand, rest] = [radicand * prime, rest / prime];
  }
  const whole = exactRoot(rest, 2);
  if (whole !== null) return { outside: outside * whole, radicand };
  // `rest` has no factors up to TRIAL. Below TRIAL³ it contains a square factor only if it is a square
  // itself.
  if (rest >= TRIAL ** 3n) throw new NotEvaluable();
  return { outside, radicand: radicand * rest };
}

/** Returns the variables of a single term, one form each; null for sums. */
export function singleTerm(a: Form): Form[] | null {
  const [term] = a.terms.values();
  if (a.terms.size !== 1) return null;
  const names = [...term.factors.keys()].filter((name) => !CONSTANTS.has(name));
  return names.map((name) => ({ ...symbol(name), opaque: a.opaque }));
}
