/**
 * Brings expressions to exact normal forms and compares them: the first evaluator, without floating point.
 *
 * Decides rational functions of variables, square roots, π, e and i. Functions, other roots and variable
 * powers stay undecided unless both have the same notation. Every step is bounded by `LIMITS`; it still runs
 * in a worker that can be killed. Next: `sample.ts` proves difference, `algebra.ts` is asked last.
 */
import { expandCombinatorics } from './combinatorics.ts';
import { type Expression, minus, need, NotEvaluable } from './expression.ts';
import { parseExpression } from './expression-parser.ts';
import { cosine, sine } from './angles.ts';
import { add, constant, type Form, formKey, integerPower, multiply, opaque, quotient, root, symbol } from './form.ts';
import {
  addFractions,
  type Fraction,
  fractionKey,
  multiplyFractions,
  numberOf,
  proportion,
  reciprocal,
  sameDivisors,
  sameDomain,
  sameValue,
  whole,
  wholeOf,
} from './fraction.ts';
import { LIMITS } from '../limits.ts';
import type { Rules } from '../mode.ts';
import type { Rational } from './rational.ts';
import { different, equal, undecided, under, type Verdict } from '../verdict.ts';

/** Compares two expressions by their normal forms. Never throws; undecided has the reason `not-evaluable`. */
export function compareByForm(a: Expression, b: Expression, rules: Rules): Verdict {
  return guarded(() => {
    const [left, right] = expandCombinatorics(a, b, formOf);
    return compareFractions(fractionOf(left), fractionOf(right), rules);
  });
}

/** The sides of an equation. */
type Pair = [string, string];

/** Compares two equations, given by their sides, up to a constant factor. */
export function compareEquations(a: Pair, b: Pair, rules: Rules): Verdict {
  return guarded(() => {
    const [left, right] = [differenceOf(a, b, rules), differenceOf(b, a, rules)];
    if (left.divisors.size > 0 || right.divisors.size > 0) throw new NotEvaluable();
    const [one, other] = [wholeOf(left), wholeOf(right)];
    const scale = proportion(one, other);
    // Different polynomials may still have the same zeros.
    if (scale === null) return undecided('not-evaluable');
    const turned = scale.q === 1n && (scale.p === 1n || scale.p === -1n);
    return turned ? equal('evaluated') : under(rules.scaledEquation, 'scaled-equation', equal('evaluated'));
  });
}

/** Compares two chains with the same signs: equal if each pair of sides differs by the same amount, up to a factor. */
export function compareInequalities(a: Chain, b: Chain, rules: Rules): Verdict {
  return guarded(() => {
    const scales = a.signs.map((sign, at) => scaleOf(pairOf(a, at), pairOf(b, at), sign !== '\\ne', rules));
    if (scales.includes(null)) return undecided('not-evaluable');
    const plain = scales.every((scale) => scale?.p === scale?.q);
    return plain ? equal('evaluated') : under(rules.scaledEquation, 'scaled-equation', equal('evaluated'));
  });
}

/** Sides and the signs between them. */
interface Chain {
  sides: readonly string[];
  signs: readonly string[];
}

function pairOf({ sides }: Chain, at: number): Pair {
  return [sides[at + 1], sides[at]];
}

/** Returns c with a = c·b for the differences of two pairs of sides; null unless c is a number, positive if needed. */
function scaleOf(a: Pair, b: Pair, positive: boolean, rules: Rules): Rational | null {
  const [left, right] = [differenceOf(a, b, rules), differenceOf(b, a, rules)];
  if (left.divisors.size > 0 || right.divisors.size > 0) throw new NotEvaluable();
  const scale = proportion(wholeOf(left), wholeOf(right));
  return scale === null || scale.p === 0n || (positive && scale.p < 0n) ? null : scale;
}

/** Returns the difference of two sides; `rival` are the sides that it is compared with. */
function differenceOf([left, right]: Pair, rival: Pair, { decimalLog }: Rules): Fraction {
  const [a, b] = [left, right].map((side) => parseExpression(side, decimalLog, [left, right, ...rival].join(';')));
  return fractionOf(minus(need(a), need(b)));
}

function guarded(compare: () => Verdict): Verdict {
  try {
    return compare();
  } catch (error) {
    if (error instanceof NotEvaluable || error instanceof RangeError) return undecided('not-evaluable');
    throw error;
  }
}

function compareFractions(a: Fraction, b: Fraction, { cancelled }: Rules): Verdict {
  if (sameValue(a, b)) {
    const value = equal('evaluated');
    return sameDomain(a, b) ? value : under(cancelled, 'cancelled', value);
  }
  return isProvable([a.top, a.bottom, b.top, b.bottom]) ? different('different-value') : undecided('not-evaluable');
}

/**
 * Returns whether different normal forms prove different values: only if all factors are independent of each
 * other.
 */
function isProvable(forms: Form[]): boolean {
  const names = new Set(forms.flatMap((form) => [...form.terms.values()].flatMap((term) => [...term.factors.keys()])));
  // The algebraic relation of e and π is unknown.
  if (names.has('e') && names.has('pi')) return false;
  return forms.every((form) => form.opaque.size === 0) && ![...names].some((name) => /^[A-Z]{2}/.test(name));
}

/** Returns the form of an expression without a denominator; null if it has none. */
function formOf(of: Expression): Form | null {
  const fraction = fractionOf(of);
  return fraction.divisors.size === 0 && formKey(fraction.bottom) === ONE_KEY ? fraction.top : null;
}

const fractions = new WeakMap<Expression, Fraction>();

/** Computes the value of an expression. Throws NotEvaluable if it has none. */
function fractionOf(of: Expression): Fraction {
  const known = fractions.get(of);
  if (known !== undefined) return known;
  const fraction = compute(of);
  fractions.set(of, fraction);
  return fraction;
}

function compute(of: Expression): Fraction {
  switch (of.kind) {
    case 'number':
      return whole(constant(of.value));
    case 'symbol':
      return whole(symbol(of.name));
    case 'sum':
      return of.terms.map(fractionOf).reduce(addFractions);
    case 'product':
      return of.factors.map(fractionOf).reduce(multiplyFractions);
    case 'quotient':
      return multiplyFractions(fractionOf(of.top), reciprocal(fractionOf(of.bottom)));
    case 'power':
      return power(fractionOf(of.base), fractionOf(of.exponent));
    case 'root':
      return rootOf(fractionOf(of.of), of.degree);
    case 'call':
      return call(of.name, of.of.map(fractionOf));
  }
}

function power(base: Fraction, exponent: Fraction): Fraction {
  const value = numberOf(exponent);
  if (value === null) {
    const angle = fractionKey(base) === E_KEY ? turnsOf(exponent, 'i') : null;
    const [cos, sin] = angle === null ? [null, null] : [cosine(angle), sine(angle)];
    if (cos !== null && sin !== null) return whole(add(cos, multiply(symbol('i'), sin)));
    const name = fractionKey(base) === E_KEY ? 'e' : `(${fractionKey(base)})`;
    return hidden(`${name}^(${fractionKey(exponent)})`, [base, exponent]);
  }
  if (value.p > LIMITS.exponent || value.p < -LIMITS.exponent || value.q > 64n) throw new NotEvaluable();
  if (value.q === 1n) return wholePower(base, Number(value.p));
  const plain = numberOf(base);
  // Fractional powers of negative numbers are ambiguous.
  if (plain !== null && plain.p <= 0n) throw new NotEvaluable();
  return wholePower(rootOf(base, Number(value.q)), Number(value.p));
}

const E_KEY = formKey(symbol('e'));
const ONE_KEY = formKey(constant({ p: 1n, q: 1n }));

function wholePower(base: Fraction, n: number): Fraction {
  if (n < 0) return wholePower(reciprocal(base), -n);
  // 0^0 is undefined, and x^0 is 1 only where x is not 0.
  if (n === 0) return multiplyFractions(base, reciprocal(base));
  return { top: integerPower(base.top, n), bottom: integerPower(base.bottom, n), divisors: base.divisors };
}

function rootOf(of: Fraction, degree: number): Fraction {
  const value = numberOf(of);
  return value === null ? hidden(`root${degree}(${fractionKey(of)})`, [of]) : whole(root(constant(value), degree));
}

function call(name: string, of: Fraction[]): Fraction {
  if (name === 'factorial' || name === 'binomial') {
    const values = of.map(numberOf);
    if (values.every((value) => value !== null)) return whole(combinatorial(name, of));
  }
  const angle = of.length === 1 ? turnsOf(of[0]) : null;
  const exact = angle === null ? null : trigonometric(name, angle);
  if (exact !== null) return exact;
  const value = of.length === 1 ? numberOf(of[0]) : null;
  const rounded = value === null ? null : rounding(name, value);
  if (rounded !== null) return whole(constant(rounded));
  return hidden(`${name}(${of.map(fractionKey).join(';')})`, of);
}

/** Returns r if the fraction is the number r·π, or i·r·π with `unit` i. */
function turnsOf(of: Fraction, unit: 'i' | null = null): Rational | null {
  if (of.divisors.size > 0 || of.top.opaque.size > 0 || formKey(of.bottom) !== ONE_KEY) return null;
  if (of.top.terms.size === 0) return { p: 0n, q: 1n };
  const [{ coefficient, radicand, factors }] = of.top.terms.values();
  const isTurn = factors.get('pi') === 1 && factors.get('i') === (unit === null ? undefined : 1);
  const isSingle = of.top.terms.size === 1 && radicand === 1n && factors.size === (unit === null ? 1 : 2);
  return isTurn && isSingle ? coefficient : null;
}

/** Computes a trigonometric function of turns·π, if its value is a sum of square roots. */
function trigonometric(name: string, turns: Rational): Fraction | null {
  const [cos, sin] = [cosine(turns), sine(turns)];
  if (name === 'cos' || name === 'sec')
    return cos === null ? null : name === 'cos' ? whole(cos) : reciprocal(whole(cos));
  if (name === 'sin' || name === 'csc')
    return sin === null ? null : name === 'sin' ? whole(sin) : reciprocal(whole(sin));
  if (cos === null || sin === null || (name !== 'tan' && name !== 'cot')) return null;
  const [top, bottom] = name === 'tan' ? [sin, cos] : [cos, sin];
  return multiplyFractions(whole(top), reciprocal(whole(bottom)));
}

/** Computes |x|, ⌊x⌋ or ⌈x⌉ of a number. */
function rounding(name: string, { p, q }: Rational): Rational | null {
  if (name === 'abs') return { p: p < 0n ? -p : p, q };
  const floor = (p - (((p % q) + q) % q)) / q;
  if (name === 'floor') return { p: floor, q: 1n };
  return name === 'ceil' ? { p: floor * q === p ? floor : floor + 1n, q: 1n } : null;
}

function combinatorial(name: 'factorial' | 'binomial', of: Fraction[]): Form {
  if (name === 'factorial') return constant({ p: factorial(smallInteger(of[0], LIMITS.factorial)), q: 1n });
  const [n, k] = [smallInteger(of[0], 1000), smallInteger(of[1], 1000)];
  if (k > n) return constant({ p: 0n, q: 1n });
  return constant(quotient(factorial(n), factorial(k) * factorial(n - k)));
}

/** Creates a value known only by its text. Keeps a record of its parts. */
function hidden(text: string, inside: Fraction[]): Fraction {
  const forms = inside.flatMap(({ top, bottom }) => [top, bottom]);
  const divisors = new Map(inside.flatMap((part) => [...part.divisors]));
  return { ...whole(opaque(text, forms)), divisors };
}

function smallInteger(of: Fraction, limit: number): number {
  const value = numberOf(of);
  if (value === null || value.q !== 1n || value.p < 0n || value.p > limit) throw new NotEvaluable();
  return Number(value.p);
}

function factorial(n: number): bigint {
  let result = 1n;
  for (let factor = 2n; factor <= n; factor++) result *= factor;
  return result;
}

/**
 * Returns whether a and b certainly divide by the same polynomials. Undefined points of functions are
 * ignored.
 */
export function samePoles(a: Expression, b: Expression): boolean {
  const verdict = guarded(() => {
    const [left, right] = [fractionOf(a), fractionOf(b)];
    return sameDivisors(left, right) ? equal('same') : undecided('domain');
  });
  return verdict.verdict === 'equal';
}
