/**
 * The last evaluator: a computer algebra library (`@cortex-js/compute-engine`), with narrow guards.
 *
 * It parses nothing: it receives trees from our own parser, so no LaTeX is misread. It only sees pairs that
 * agree in `sample.ts` and contain no long numbers, and it may only return "equal". Its own `isEqual` (with a
 * tolerance) is never used. Loaded only in `algebra-worker.ts`, because it is large and may hang.
 */
import { ComputeEngine } from '@cortex-js/compute-engine';
import { type Expression, type FunctionName, variablesOf, walk } from './expression.ts';
import { parseRational, type Rational } from './rational.ts';
import { numeratorAt, POSITIVE_POINTS, SAMPLE_DENOMINATOR } from './sample.ts';
import { equal, undecided, type Verdict } from '../verdict.ts';

/** Digits of precision, and digits that must agree. */
const PRECISION = 100;
const AGREEMENT = 10n ** 80n;
/**
 * Maximum total digits of the numbers in both answers. With more, they could agree to 80 digits by
 * construction.
 */
const MAX_DIGITS = 60;
const MAX_PARTS = 200;
/** Maximum number of terms of the expanded difference that is simplified. The work grows with it, without limit. */
const MAX_TERMS = 128;
const POINTS = POSITIVE_POINTS + 3;

type Json = string | number | { num: string } | Json[];
type Input = Parameters<ComputeEngine['expr']>[0];

/** The library behind its guards. Loading takes a fraction of a second and about 100 MB. */
export class Algebra {
  private readonly engine = new ComputeEngine();

  constructor() {
    this.engine.precision = PRECISION;
  }

  /**
   * Returns equal or undecided, never different. `a` and `b` must have agreed in `sample.ts` with `tame`
   * true.
   */
  compare(a: Expression, b: Expression): Verdict {
    try {
      return this.proof(a, b);
    } catch {
      // The library has limits of its own, for instance on the size of numbers.
      return undecided('not-evaluable');
    }
  }

  private proof(a: Expression, b: Expression): Verdict {
    const all = [...walk(a), ...walk(b)];
    if (all.length > MAX_PARTS || digitsOf(all) > MAX_DIGITS) return undecided('not-evaluable');
    const names = variablesOf(a, b);
    const points = names.length === 0 ? 1 : POINTS;
    const agreed = Array.from({ length: points }, (_, point) => this.agreeAt(a, b, names, point));
    if (agreed.includes(false)) return undecided('not-evaluable');
    const isSmall = expandedTerms(a) + expandedTerms(b) <= MAX_TERMS;
    if (isSmall && this.isZero(['Subtract', jsonOf(a, plain(names)), jsonOf(b, plain(names))]))
      return equal('simplified');
    return agreed.filter((one) => one === true).length * 2 > points ? equal('digits') : undecided('not-evaluable');
  }

  private isZero(json: Json): boolean {
    // `is(0)` would allow a tolerance.
    return this.engine.expr(json as Input).simplify().json === 0;
  }

  /** Returns null if one of them has no real value, or one too close to 0 to compare. */
  private agreeAt(a: Expression, b: Expression, names: readonly string[], point: number): boolean | null {
    const values = new Map(names.map((name) => [name, ['Rational', numeratorAt(name, point), SAMPLE_DENOMINATOR]]));
    const [x, y] = [this.valueOf(jsonOf(a, values)), this.valueOf(jsonOf(b, values))];
    if (x === null || y === null || (x.p === 0n && y.p === 0n)) return null;
    const distance = absolute(x.p * y.q - y.p * x.q) * AGREEMENT;
    return distance <= absolute(x.p) * y.q || distance <= absolute(y.p) * x.q;
  }

  private valueOf(json: Json): Rational | null {
    const value = this.engine.expr(json as Input).N().json;
    if (typeof value === 'number') return parseRational(String(value));
    return typeof value === 'object' && 'num' in value ? parseRational(value.num) : null;
  }
}

/** Returns how many terms an expression has at most when all brackets are expanded. Exact up to `MAX_TERMS`. */
function expandedTerms(of: Expression): number {
  const each = (parts: readonly Expression[]): number[] => parts.map(expandedTerms);
  switch (of.kind) {
    case 'number':
    case 'symbol':
      return 1;
    case 'sum':
      return each(of.terms).reduce((sum, terms) => sum + terms, 0);
    case 'product':
      return each(of.factors).reduce((product, terms) => product * terms, 1);
    case 'quotient':
      return expandedTerms(of.top) * expandedTerms(of.bottom);
    case 'power':
      return expandedPower(expandedTerms(of.base), of.exponent);
    case 'root':
      return expandedTerms(of.of);
    case 'call':
      return Math.max(...each(of.of));
  }
}

/** Returns the number of terms of a power of a sum: the ways to choose n of its terms, with repetition. */
function expandedPower(terms: number, exponent: Expression): number {
  if (exponent.kind !== 'number' || exponent.value.q !== 1n) return terms * expandedTerms(exponent);
  if (terms === 1) return 1;
  const n = Math.min(Number(absolute(exponent.value.p)), MAX_TERMS);
  let ways = 1;
  for (let chosen = 1; chosen <= n && ways <= MAX_TERMS; chosen++) ways = (ways * (terms + chosen - 1)) / chosen;
  return ways;
}

function absolute(n: bigint): bigint {
  return n < 0n ? -n : n;
}

function digitsOf(parts: readonly Expression[]): number {
  let digits = 0;
  for (const part of parts)
    if (part.kind === 'number') digits += `${part.value.p}${part.value.q === 1n ? '' : part.value.q}`.length;
  return digits;
}

/** Maps the variables to names without a meaning in the library. */
function plain(names: readonly string[]): Map<string, Json> {
  return new Map(names.map((name, at) => [name, `unknown_${at}`]));
}

const CONSTANTS: Record<string, string> = { pi: 'Pi', e: 'ExponentialE', i: 'ImaginaryUnit' };

const FUNCTIONS: Record<FunctionName, string> = {
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  cot: 'Cot',
  sec: 'Sec',
  csc: 'Csc',
  arcsin: 'Arcsin',
  arccos: 'Arccos',
  arctan: 'Arctan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  tanh: 'Tanh',
  ln: 'Ln',
  log: 'Log',
  abs: 'Abs',
  floor: 'Floor',
  ceil: 'Ceil',
  factorial: 'Factorial',
  binomial: 'Binomial',
};

/** Converts to MathJSON, with `values` in place of the variables. */
function jsonOf(of: Expression, values: ReadonlyMap<string, Json>): Json {
  const get = (part: Expression): Json => jsonOf(part, values);
  switch (of.kind) {
    case 'number':
      return of.value.q === 1n ? exact(of.value.p) : ['Rational', exact(of.value.p), exact(of.value.q)];
    case 'symbol':
      return values.get(of.name) ?? CONSTANTS[of.name];
    case 'sum':
      return ['Add', ...of.terms.map(get)];
    case 'product':
      return ['Multiply', ...of.factors.map(get)];
    case 'quotient':
      return ['Divide', get(of.top), get(of.bottom)];
    case 'power':
      return ['Power', get(of.base), get(of.exponent)];
    case 'root':
      return of.degree === 2 ? ['Sqrt', get(of.of)] : ['Root', get(of.of), of.degree];
    case 'call':
      return [FUNCTIONS[of.name], ...of.of.map(get)];
  }
}

function exact(n: bigint): Json {
  return { num: String(n) };
}
