/**
 * Reads simple arithmetic and LaTeX into exact normal forms and compares them.
 *
 * Knows + − × ÷, powers, roots, fractions, factorials, binomials, percent, π, e, and one-letter
 * variables. What it does not know, or what could be read in two ways (1/2x, f(2), AB), has no form and
 * stays undecided. Every step is bounded by `LIMITS`; it runs in a killable worker all the same.
 */
import {
  add,
  constant,
  type Form,
  formKey,
  integerPower,
  invert,
  multiply,
  need,
  negate,
  NotEvaluable,
  opaque,
  quotient,
  rationalOf,
  root,
  symbol,
} from './form.ts';
import type { Verdict } from './equal.ts';
import { exceedsLimits, LIMITS } from './limits.ts';
import { parseRational, type Rational } from './rational.ts';

/** Compares two normalized expressions by their normal forms; never throws. */
export function compareByForm(a: string, b: string): Verdict {
  const [left, right] = [evaluate(a), evaluate(b)];
  if (left === null || right === null) return { verdict: 'undecided', reason: 'not-evaluable' };
  const same = formKey(left) === formKey(right);
  const hidden = new Set([...left.opaque, ...right.opaque]);
  // An opaque part that cancelled on one side only may have been undefined there.
  if (same)
    return hidden.size === left.opaque.size && hidden.size === right.opaque.size
      ? { verdict: 'equal', reason: 'evaluated' }
      : { verdict: 'undecided', reason: 'not-evaluable' };
  const provable = hidden.size === 0 && !relatedSymbols([left, right]);
  return provable
    ? { verdict: 'different', reason: 'different-value' }
    : { verdict: 'undecided', reason: 'not-evaluable' };
}

/** i may be the imaginary unit, and nobody knows how e and π relate. */
function relatedSymbols(forms: Form[]): boolean {
  const names = new Set(forms.flatMap((form) => [...form.terms.values()].flatMap((term) => [...term.factors.keys()])));
  return names.has('i') || (names.has('e') && names.has('pi'));
}

/** The normal form of a normalized expression, or null when it has none. */
export function evaluate(text: string): Form | null {
  if (exceedsLimits(text) !== null || /^[A-Za-z ]{2,}$/.test(text)) return null;
  try {
    return new Parser(text).parse();
  } catch (error) {
    if (error instanceof NotEvaluable || error instanceof RangeError) return null;
    throw error;
  }
}

const SPACES = / */y;
const NUMBER = /\d+\.?\d*|\.\d+/y;
const INTEGER = /-?\d+/y;
const DIGIT = /\d/y;
const WORD = /[a-z](?![a-z]{2})/y;
const COMMAND = /\\[A-Za-z]+/y;
const MULTIPLY = /\\cdot(?![A-Za-z])|\\times(?![A-Za-z])|\*(?!\*)/y;
const DIVIDE = /\\div(?![A-Za-z])|\//y;
const POWER = /\^|\*\*/y;
const PLUS_MINUS = /[+-]/y;
const IMPLICIT = /[a-z(]|\\(?:pi|sqrt|frac|binom|theta|alpha|beta|gamma|phi|lambda|ln|log|sin|cos|tan)(?![A-Za-z])/y;
const FRACTION = /\\frac(?![A-Za-z])/y;
const SYMBOLS = new Set(['\\pi', '\\theta', '\\alpha', '\\beta', '\\gamma', '\\phi', '\\lambda']);
const FUNCTIONS = new Set(['\\ln', '\\log', '\\sin', '\\cos', '\\tan']);

/** Recursive descent; `exceedsLimits` bounds the depth. */
class Parser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  parse(): Form {
    const form = this.sum();
    if (this.at !== this.text.length) throw new NotEvaluable();
    return form;
  }

  private take(pattern: RegExp): string | null {
    SPACES.lastIndex = this.at;
    SPACES.test(this.text);
    const start = SPACES.lastIndex;
    pattern.lastIndex = start;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }

  private peek(pattern: RegExp): boolean {
    const at = this.at;
    const found = this.take(pattern) !== null;
    this.at = at;
    return found;
  }

  private sum(): Form {
    let total = this.product();
    for (let sign = this.take(PLUS_MINUS); sign !== null; sign = this.take(PLUS_MINUS)) {
      const next = this.product();
      total = add(total, sign === '-' ? negate(next) : next);
    }
    return total;
  }

  private product(): Form {
    let result = this.signed();
    let divided = false;
    for (;;) {
      if (this.take(MULTIPLY) !== null) result = multiply(result, this.signed());
      else if (this.take(DIVIDE) !== null) {
        result = multiply(result, invert(this.signed()));
        divided = true;
      } else if (this.peek(IMPLICIT)) {
        // 1/2x is read in two ways.
        if (divided) throw new NotEvaluable();
        result = multiply(result, this.power());
      } else return result;
    }
  }

  private signed(): Form {
    let negative = false;
    for (let sign = this.take(PLUS_MINUS); sign !== null; sign = this.take(PLUS_MINUS))
      negative = negative !== (sign === '-');
    const form = this.power();
    return negative ? negate(form) : form;
  }

  private power(): Form {
    const base = this.postfix();
    if (this.take(POWER) === null) return base;
    const exponent = this.peek(/\{/y) ? this.braced() : (this.number(INTEGER) ?? this.atom());
    if (this.peek(/\^|\*\*|!/y)) throw new NotEvaluable();
    return raise(base, exponent);
  }

  private postfix(): Form {
    let form = this.atom();
    if (this.take(/!/y) !== null) {
      if (this.peek(/!/y)) throw new NotEvaluable();
      form = constant({ p: factorial(smallInteger(form, LIMITS.factorial)), q: 1n });
    }
    return this.take(/%/y) === null ? form : multiply(form, constant({ p: 1n, q: 100n }));
  }

  private number(pattern: RegExp): Form | null {
    const digits = this.take(pattern);
    return digits === null ? null : constant(need(parseRational(digits)));
  }

  private atom(): Form {
    const number = this.number(NUMBER);
    if (number !== null) return this.afterNumber(number);
    const letter = this.take(WORD);
    if (letter !== null) {
      // f(2) is a product or a function; only the usual unknowns are surely no functions.
      if (this.text[this.at] === '(' && !'xyz'.includes(letter)) throw new NotEvaluable();
      if (this.peek(/[\d_']/y)) throw new NotEvaluable();
      return symbol(letter);
    }
    if (this.peek(/\{/y)) return this.braced();
    if (this.take(/\(/y) !== null) return this.until(/\)/y);
    return this.command();
  }

  /** A whole number before a fraction of whole numbers is a mixed number; anything else multiplies. */
  private afterNumber(number: Form): Form {
    if (this.peek(NUMBER)) throw new NotEvaluable();
    const start = this.at;
    if (rationalOf(number)?.q !== 1n || this.take(FRACTION) === null) return number;
    const [top, bottom] = [this.literal(), this.literal()];
    if (top === null || bottom === null) {
      this.at = start;
      return number;
    }
    if (top.p < 0n || top.p >= bottom.p) throw new NotEvaluable();
    return add(number, constant(quotient(top.p, bottom.p)));
  }

  /** `{12}` or a digit, as a whole number. */
  private literal(): Rational | null {
    const text = this.take(/\{\d+\}|\d/y);
    return text === null ? null : { p: BigInt(text.replace(/[{}]/g, '')), q: 1n };
  }

  private braced(): Form {
    if (this.take(/\{/y) === null) throw new NotEvaluable();
    return this.until(/\}/y);
  }

  private until(close: RegExp): Form {
    const form = this.sum();
    if (this.take(close) === null) throw new NotEvaluable();
    return form;
  }

  /** A command's argument: in braces, or the next single thing (one digit of a number). */
  private argument(): Form {
    return this.number(DIGIT) ?? (this.peek(/\{/y) ? this.braced() : this.atom());
  }

  private command(): Form {
    const command = this.take(COMMAND) ?? '';
    if (SYMBOLS.has(command)) return this.peek(NUMBER) ? need<Form>(null) : symbol(command.slice(1));
    if (command === '\\frac') return this.closed(multiply(this.argument(), invert(this.argument())));
    if (command === '\\binom') return this.closed(binomial(this.argument(), this.argument()));
    if (command === '\\sqrt') {
      const degree = this.take(/\[/y) === null ? 2 : smallInteger(this.until(/\]/y), 64);
      return this.closed(root(this.argument(), degree));
    }
    if (!FUNCTIONS.has(command)) throw new NotEvaluable();
    const argument = this.peek(/[({]/y) ? this.atom() : (this.number(NUMBER) ?? this.atom());
    // \sin 2x: how far does the argument reach?
    if (this.peek(IMPLICIT) || this.peek(/\^|!/y)) throw new NotEvaluable();
    return opaque(`${command}(${formKey(argument)})`, [argument]);
  }

  private closed(form: Form): Form {
    if (this.peek(NUMBER)) throw new NotEvaluable();
    return form;
  }
}

function raise(base: Form, exponent: Form): Form {
  const power = rationalOf(exponent);
  if (power === null) return opaque(`(${formKey(base)})^(${formKey(exponent)})`, [base, exponent]);
  if (power.p > LIMITS.exponent || power.p < -LIMITS.exponent || power.q > 64n) throw new NotEvaluable();
  if (power.q === 1n) return integerPower(base, Number(power.p));
  const value = rationalOf(base);
  // Fractional powers of negative numbers have more than one reading.
  if (value !== null && value.p <= 0n) throw new NotEvaluable();
  return integerPower(root(base, Number(power.q)), Number(power.p));
}

function smallInteger(form: Form, limit: number): number {
  const value = rationalOf(form);
  if (value === null || value.q !== 1n || value.p < 0n || value.p > limit) throw new NotEvaluable();
  return Number(value.p);
}

function factorial(n: number): bigint {
  let result = 1n;
  for (let factor = 2n; factor <= n; factor++) result *= factor;
  return result;
}

function binomial(top: Form, bottom: Form): Form {
  const [n, k] = [smallInteger(top, 1000), smallInteger(bottom, 1000)];
  if (k > n) return constant({ p: 0n, q: 1n });
  return constant(quotient(factorial(n), factorial(k) * factorial(n - k)));
}
