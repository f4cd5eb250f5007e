/**
 * Rewrites factorials and binomials of variables, so that `evaluate.ts` can compare them: C(m,3) becomes
 * m(m−1)(m−2)/6, C(n,k) becomes n!/(k!(n−k)!), and n! becomes n(n−1)·(n−2)! if (n−2)! is there too.
 */
import { type Expression, integer, minus, variablesOf, walk } from './expression.ts';
import { add, constant, type Form, formKey } from './form.ts';
import type { Rational } from './rational.ts';

/** Largest number of factors that a factorial or binomial is written out to. */
const MAX_FACTORS = 24n;

/** Returns the form of an expression without a denominator; null if it has none. */
export type FormOf = (of: Expression) => Form | null;

/** Rewrites two expressions that will be compared. Others than those with n! or C(n,k) are returned unchanged. */
export function expandCombinatorics(a: Expression, b: Expression, formOf: FormOf): [Expression, Expression] {
  if (![a, b].some(isSymbolic)) return [a, b];
  const [left, right] = [a, b].map((one) => mapCalls(one, (call) => binomialAsProduct(call, formOf)));
  const lowest = lowestFactorials([left, right], formOf);
  const lower = (one: Expression): Expression => mapCalls(one, (call) => overLowest(call, lowest, formOf));
  return [lower(left), lower(right)];
}

type Call = Extract<Expression, { kind: 'call' }>;

function isSymbolic(of: Expression): boolean {
  for (const part of walk(of))
    if (part.kind === 'call' && isCounting(part) && variablesOf(part).length > 0) return true;
  return false;
}

function isCounting({ name }: Call): boolean {
  return name === 'factorial' || name === 'binomial';
}

/** Replaces the factorials and binomials of an expression, innermost first. */
function mapCalls(of: Expression, change: (call: Call) => Expression): Expression {
  const map = (part: Expression): Expression => mapCalls(part, change);
  switch (of.kind) {
    case 'number':
    case 'symbol':
      return of;
    case 'sum':
      return { ...of, terms: of.terms.map(map) };
    case 'product':
      return { ...of, factors: of.factors.map(map) };
    case 'quotient':
      return { ...of, top: map(of.top), bottom: map(of.bottom) };
    case 'power':
      return { ...of, base: map(of.base), exponent: map(of.exponent) };
    case 'root':
      return { ...of, of: map(of.of) };
    case 'call': {
      const inside = { ...of, of: of.of.map(map) };
      return isCounting(inside) && variablesOf(inside).length > 0 ? change(inside) : inside;
    }
  }
}

function binomialAsProduct(call: Call, formOf: FormOf): Expression {
  if (call.name !== 'binomial') return call;
  const [n, k] = call.of;
  const rest = minus(n, k);
  const count = smallNumber(k, formOf) ?? smallNumber(rest, formOf);
  if (count === null) return quotient(factorial(n), product([factorial(k), factorial(rest)]));
  const factors = Array.from({ length: Number(count) }, (_, at) => minus(n, integer(at)));
  return quotient(product(factors), factorial(integer(Number(count))));
}

function smallNumber(of: Expression, formOf: FormOf): bigint | null {
  const form = formOf(of);
  const value = form === null ? null : constantPart(form);
  if (form === null || value === null || formKey(form) !== formKey(constant(value)) || value.q !== 1n) return null;
  return value.p >= 0n && value.p <= MAX_FACTORS ? value.p : null;
}

/** Returns the rational term of a form; 0 if there is none. Null for a form with an opaque part. */
function constantPart(form: Form): Rational | null {
  if (form.opaque.size > 0) return null;
  for (const { coefficient, radicand, factors } of form.terms.values())
    if (radicand === 1n && factors.size === 0) return coefficient;
  return { p: 0n, q: 1n };
}

/** Splits n+2 into the key of n and 2. Null unless the constant is a whole number. */
function shiftOf(argument: Expression, formOf: FormOf): { key: string; shift: bigint } | null {
  const form = formOf(argument);
  const part = form === null ? null : constantPart(form);
  if (form === null || part?.q !== 1n) return null;
  return { key: formKey(add(form, constant({ p: -part.p, q: 1n }))), shift: part.p };
}

/** Finds the lowest of the factorials that differ by a whole number: (n−2)! among n! and (n−2)!. */
function lowestFactorials(expressions: readonly Expression[], formOf: FormOf): ReadonlyMap<string, bigint> {
  const lowest = new Map<string, bigint>();
  for (const part of expressions.flatMap((one) => [...walk(one)])) {
    const found = part.kind === 'call' && part.name === 'factorial' ? shiftOf(part.of[0], formOf) : null;
    if (found === null) continue;
    const before = lowest.get(found.key);
    if (before === undefined || found.shift < before) lowest.set(found.key, found.shift);
  }
  return lowest;
}

function overLowest(call: Call, lowest: ReadonlyMap<string, bigint>, formOf: FormOf): Expression {
  const found = call.name === 'factorial' ? shiftOf(call.of[0], formOf) : null;
  const low = found === null ? undefined : lowest.get(found.key);
  if (found === null || low === undefined || found.shift === low || found.shift - low > MAX_FACTORS) return call;
  const steps = Array.from({ length: Number(found.shift - low) }, (_, at) => minus(call.of[0], integer(at)));
  return product([...steps, factorial(minus(call.of[0], integer(steps.length)))]);
}

function factorial(of: Expression): Expression {
  return { kind: 'call', name: 'factorial', of: [of] };
}

function quotient(top: Expression, bottom: Expression): Expression {
  return { kind: 'quotient', top, bottom };
}

function product(factors: Expression[]): Expression {
  return factors.length === 0 ? integer(1) : { kind: 'product', factors };
}
