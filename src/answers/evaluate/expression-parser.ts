/**
 * Parses arithmetic and LaTeX into a tree, or returns null. Ambiguous notation (1/2x, f(2), AB) has no tree.
 *
 * Supports + − × ÷, powers, roots, fractions, |x|, factorials, binomials, percent, the usual functions, π, e,
 * i and variables with subscripts. It computes nothing: see `evaluate.ts`, `sample.ts`, `algebra.ts`.
 */
import { exceedsLimits } from '../limits.ts';
import { factorsBefore } from './factors.ts';
import { type Expression, type FunctionName, integer, negative, NotEvaluable, UNKNOWN_BASE } from './expression.ts';
import { parseRational } from './rational.ts';

/**
 * Parses a normalized expression; null if it has no tree. `decimalLog`: see `mode.ts`. `rival` is the expression that
 * it is compared with, which may show that a letter before a bracket is a factor.
 */
export function parseExpression(text: string, decimalLog: boolean, rival = ''): Expression | null {
  const factors = factorsBefore(text, rival);
  const key = `${decimalLog ? 'd' : 'u'}${factors};${text}`;
  const known = trees.get(key);
  if (known !== undefined) return known;
  if (trees.size >= REMEMBERED) trees.clear();
  const tree = parse(text, decimalLog, new Set(factors.split(' ')));
  trees.set(key, tree);
  return tree;
}

/** Size of the cache of trees: one answer is compared with all others of its question. */
const REMEMBERED = 512;
const trees = new Map<string, Expression | null>();

function parse(text: string, decimalLog: boolean, factors: ReadonlySet<string>): Expression | null {
  if (exceedsLimits(text) !== null || isWords(text) || DATE.test(text) || NUMBERED.test(text)) return null;
  try {
    return new Parser(text, decimalLog, factors).parse();
  } catch (error) {
    if (error instanceof NotEvaluable || error instanceof RangeError) return null;
    throw error;
  }
}

/** Two letters may be a product (xy), unless they form a word or are capitals. More letters are words. */
function isWords(text: string): boolean {
  return /^[A-Za-z ]{2,}$/.test(text) && (!/^[a-z]{2}$/.test(text) || SHORT_WORDS.has(text));
}

/** 2024-01-02 and 1/2/2024: no calculation. */
const DATE = /^[12]\d{3}([-/])[0-3]?\d\1[0-3]?\d$|^[0-3]?\d([-/])[0-3]?\d\2[12]\d{3}$/;

/** "(1) 5": the number of a part and its answer. */
const NUMBERED = /^\(\d{1,2}\)-?[\d.]+$/;

const SHORT_WORDS = new Set(
  'ad am an as at ax be by do go he hi id if in is it me my no of oh on or ox so to up us we et ln pi'
    .split(' ')
    .flatMap((word) => [word, word[1] + word[0]]),
);

const SPACES = / */y;
const NUMBER = /\d+\.?\d*|\.\d+/y;
const INTEGER = /-?\d+/y;
const DIGIT = /\d/y;
/**
 * Letters that are one name each, unless they form a word or a run of capitals (AB could be a segment or a
 * product).
 */
const LETTER = /[A-Za-z]/y;
const WORD =
  /[a-z]{4,}|(?:sin|cos|tan|log|exp|max|min|mod|gcd|lcm|det|and|not|the|for|all|one|two|six|ten|day|arc|deg)(?![a-z])/y;
const CAPITALS = /[A-Z]{2,}/y;
const SUBSCRIPT = /_(?:\{[A-Za-z0-9]{1,8}\}|\{?\\[A-Za-z]{2,8}\}?|[A-Za-z0-9])/y;
const ACCENTED = /\\(?:ddot|dot|bar|hat|vec|tilde) ?\{?[A-Za-z](?![A-Za-z])\}?/y;
const COMMAND = /\\[A-Za-z]+/y;
const MULTIPLY = /\\cdot(?![A-Za-z])|\\times(?![A-Za-z])|\*(?!\*)/y;
const DIVIDE = /\\div(?![A-Za-z])|\//y;
const POWER = /\^|\*\*/y;
/** A degree sign in the argument of a function. */
const DEGREE = / ?degree(?!-[CFK](?![a-z])|[A-Za-z])/y;
const PLUS_MINUS = /[+-]/y;
const GREEK =
  /\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega|hbar|ell|pi)(?![A-Za-z])/y;
const FUNCTION = /\\(sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|ln|log|lg|exp|cis)(?![A-Za-z])/y;
const IMPLICIT = new RegExp(
  String.raw`[A-Za-z([]|${ACCENTED.source}|\\(?:sqrt|frac|binom|lfloor|lceil)(?![A-Za-z])|${GREEK.source}|${FUNCTION.source}`,
  'y',
);
const FRACTION = /\\frac(?![A-Za-z])/y;
/** Argument of a function without brackets: a number, a name, or both. */
const SHORT_ARGUMENT = new RegExp(String.raw`[\dA-Za-z.]|\\frac(?![A-Za-z])|\\sqrt(?![A-Za-z])|${GREEK.source}`, 'y');

/** Recursive descent parser; `exceedsLimits` bounds the depth. */
class Parser {
  private readonly text: string;
  private readonly decimalLog: boolean;
  /** Names before a bracket that are factors. */
  private readonly factors: ReadonlySet<string>;
  private at = 0;
  /** Number of functions whose argument is being read. */
  private calls = 0;

  constructor(text: string, decimalLog: boolean, factors: ReadonlySet<string>) {
    this.text = text;
    this.decimalLog = decimalLog;
    this.factors = factors;
  }

  parse(): Expression {
    const expression = this.sum();
    if (this.at !== this.text.length) throw new NotEvaluable();
    return expression;
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

  private demand(pattern: RegExp): void {
    if (this.take(pattern) === null) throw new NotEvaluable();
  }

  private sum(): Expression {
    const terms = [this.product()];
    for (let sign = this.take(PLUS_MINUS); sign !== null; sign = this.take(PLUS_MINUS)) {
      const next = this.product();
      terms.push(sign === '-' ? negative(next) : next);
    }
    return terms.length === 1 ? terms[0] : { kind: 'sum', terms };
  }

  private product(): Expression {
    let result = this.signed();
    let divided = false;
    for (;;) {
      if (this.take(MULTIPLY) !== null) result = { kind: 'product', factors: [result, this.signed()] };
      else if (this.take(DIVIDE) !== null) {
        result = { kind: 'quotient', top: result, bottom: this.signed() };
        divided = true;
      } else if (this.peek(IMPLICIT) || this.isBeforeFactor()) {
        // 1/2x is ambiguous.
        if (divided) throw new NotEvaluable();
        result = { kind: 'product', factors: [result, this.power()] };
      } else return result;
    }
  }

  /** A digit after a bracket, a factorial or a power and a space starts a factor: (2)3, 4!16!, 2^6 3^5. */
  private isBeforeFactor(): boolean {
    if (!this.peek(DIGIT)) return false;
    const before = this.text[this.at - 1];
    return (
      before === ')' ||
      before === '!' ||
      (this.text[this.at] === ' ' && /\^(?:\d+|\{[^{}]*\})$/.test(this.text.slice(0, this.at)))
    );
  }

  private signed(): Expression {
    let minus = false;
    for (let sign = this.take(PLUS_MINUS); sign !== null; sign = this.take(PLUS_MINUS))
      minus = minus !== (sign === '-');
    const expression = this.power();
    return minus ? negative(expression) : expression;
  }

  private power(): Expression {
    const base = this.postfix();
    if (this.take(POWER) === null) return base;
    // f^{(2)} is a derivative, and f^{-1} may be the inverse function.
    if (base.kind === 'symbol' && base.name !== 'e' && this.peek(/\{ ?\((?:\d+|[a-z])\) ?\}/y))
      throw new NotEvaluable();
    const exponent = this.exponent();
    if (this.peek(/\^|\*\*|!/y)) throw new NotEvaluable();
    if (base.kind === 'symbol' && /^[fg]$/.test(base.name) && isNegative(exponent)) throw new NotEvaluable();
    return { kind: 'power', base, exponent };
  }

  private exponent(): Expression {
    return this.peek(/\{/y) ? this.braced() : (this.number(INTEGER) ?? this.atom());
  }

  private postfix(): Expression {
    let expression = this.atom();
    if (this.take(/!/y) !== null) {
      if (this.peek(/!/y)) throw new NotEvaluable();
      expression = { kind: 'call', name: 'factorial', of: [expression] };
    }
    return this.take(/%/y) === null ? expression : { kind: 'quotient', top: expression, bottom: integer(100) };
  }

  private number(pattern: RegExp): Expression | null {
    const digits = this.take(pattern);
    const value = digits === null ? null : parseRational(digits);
    return value === null ? null : { kind: 'number', value };
  }

  private atom(): Expression {
    const number = this.number(NUMBER);
    if (number !== null) return this.afterNumber(number);
    const name = this.name();
    if (name !== null) return name;
    if (this.peek(/\{/y)) return this.braced();
    if (this.take(/\(/y) !== null) return this.until(/\)/y);
    if (this.take(/\[/y) !== null) return this.until(/\]/y);
    if (this.take(/\||\\vert(?![A-Za-z])/y) !== null)
      return { kind: 'call', name: 'abs', of: [this.until(/\||\\vert(?![A-Za-z])/y)] };
    return this.command();
  }

  /** Parses a letter, a Greek letter, or a run of capitals as one name. */
  private name(): Expression | null {
    if (this.peek(WORD)) throw new NotEvaluable();
    const accented = this.take(ACCENTED);
    if (accented !== null) return { kind: 'symbol', name: accented.replaceAll(/[{} ]/g, '') + this.subscript() };
    const greek = this.take(GREEK);
    const letters = greek?.slice(1) ?? this.take(CAPITALS) ?? this.take(LETTER);
    if (letters === null) return null;
    const name = letters + this.subscript();
    if (this.text[this.at] === '(' && !this.isFactor(name)) throw new NotEvaluable();
    if (this.text[this.at] === '[') throw new NotEvaluable();
    if (this.peek(/[_']/y) || this.peek(NUMBER)) throw new NotEvaluable();
    return { kind: 'symbol', name };
  }

  private subscript(): string {
    return (this.take(SUBSCRIPT) ?? '').replaceAll(/[{}]/g, '');
  }

  /**
   * Decides whether a name before a bracket is a factor. f(2) could be a product or a function call. The
   * usual unknowns are not functions, and a(b+c) is a product.
   */
  private isFactor(name: string): boolean {
    if (/^(?:[xyznmk]|pi)$/.test(name)) return true;
    const inside = /^\([^()]*(?:\([^()]*\)[^()]*)*\)/.exec(this.text.slice(this.at, this.at + 128))?.[0] ?? '';
    // f(x+1) is a function value even where f is a letter too.
    if (this.factors.has(name) && !/^[fgFG]$/.test(name) && /[^(^{][+-]/.test(inside)) return true;
    return (
      /^[abcdrstABCDKLMNRS]$/.test(name) && /^\([^()]*[^()^{][+-][^()]*\)/.test(this.text.slice(this.at, this.at + 64))
    );
  }

  /**
   * A whole number before a fraction of whole numbers is a mixed number; before anything else it is a factor.
   */
  private afterNumber(number: Expression): Expression {
    if (this.peek(NUMBER) || this.peek(/_/y)) throw new NotEvaluable();
    // 2.5(4) is a product or a repeating decimal.
    if (this.peek(/\(\d+\)/y) && /\.\d*$/.test(this.text.slice(0, this.at))) throw new NotEvaluable();
    if (this.calls > 0 && this.take(DEGREE) !== null) return inRadians(number);
    const start = this.at;
    if (number.kind !== 'number' || number.value.q !== 1n || this.take(FRACTION) === null) return number;
    const [top, bottom] = [this.literal(), this.literal()];
    if (top === null || bottom === null) {
      this.at = start;
      return number;
    }
    if (top < 0n || top >= bottom) throw new NotEvaluable();
    return {
      kind: 'sum',
      terms: [
        number,
        {
          kind: 'quotient',
          top: { kind: 'number', value: { p: top, q: 1n } },
          bottom: { kind: 'number', value: { p: bottom, q: 1n } },
        },
      ],
    };
  }

  /** Parses `{12}` or a digit as a whole number. */
  private literal(): bigint | null {
    const text = this.take(/\{\d+\}|\d/y);
    return text === null ? null : BigInt(text.replace(/[{}]/g, ''));
  }

  private braced(): Expression {
    this.demand(/\{/y);
    return this.until(/\}/y);
  }

  private until(close: RegExp): Expression {
    const expression = this.sum();
    this.demand(close);
    return expression;
  }

  /** Parses a command's argument: in braces, or the next single item (one digit of a number). */
  private argument(): Expression {
    return this.number(DIGIT) ?? (this.peek(/\{/y) ? this.braced() : this.atom());
  }

  private command(): Expression {
    const called = this.take(FUNCTION);
    if (called !== null) return this.call(called.slice(1));
    const command = this.take(COMMAND) ?? '';
    if (command === '\\frac') return this.closed({ kind: 'quotient', top: this.argument(), bottom: this.argument() });
    if (command === '\\binom')
      return this.closed({ kind: 'call', name: 'binomial', of: [this.argument(), this.argument()] });
    if (command === '\\lfloor') return { kind: 'call', name: 'floor', of: [this.until(/\\rfloor(?![A-Za-z])/y)] };
    if (command === '\\lceil') return { kind: 'call', name: 'ceil', of: [this.until(/\\rceil(?![A-Za-z])/y)] };
    if (command !== '\\sqrt') throw new NotEvaluable();
    const degree = this.take(/\[/y) === null ? 2 : smallInteger(this.until(/\]/y));
    return this.closed({ kind: 'root', of: this.argument(), degree });
  }

  private call(written: string): Expression {
    let base: Expression | null = written === 'lg' ? integer(10) : null;
    if (this.take(/_/y) !== null) {
      if (written !== 'log') throw new NotEvaluable();
      base = this.argument();
    }
    let exponent: Expression | null = null;
    if (this.take(POWER) !== null) {
      exponent = this.exponent();
      // \sin^{-1} may mean the inverse or the reciprocal.
      if (exponent.kind !== 'number' || exponent.value.p < 0n) throw new NotEvaluable();
    }
    this.calls++;
    const of = this.functionArgument();
    this.calls--;
    const value = this.applied(written, of, base);
    return exponent === null ? value : { kind: 'power', base: value, exponent };
  }

  private applied(written: string, of: Expression, base: Expression | null): Expression {
    if (written === 'cis') return polar(of);
    if (written === 'exp') return { kind: 'power', base: { kind: 'symbol', name: 'e' }, exponent: of };
    if (written !== 'log' && written !== 'lg') return { kind: 'call', name: written as FunctionName, of: [of] };
    const unknown: Expression = this.decimalLog ? integer(10) : { kind: 'symbol', name: UNKNOWN_BASE };
    return { kind: 'call', name: 'log', of: [of, base ?? unknown] };
  }

  /**
   * Parses an argument in brackets, or `2x`, `\pi t`, `\frac{\pi}{5}` without. Anything longer would be
   * ambiguous.
   */
  private functionArgument(): Expression {
    const bracketed = this.peek(/[({|[]/y);
    if (bracketed) return this.atom();
    const argument = this.shortArgument();
    if (this.peek(/\^|!|\*\*|\(|\\div(?![A-Za-z])|\//y)) throw new NotEvaluable();
    return argument;
  }

  private shortArgument(): Expression {
    const factors = [this.atom()];
    while (factors.length < 3 && this.peek(SHORT_ARGUMENT) && !this.peek(FRACTION)) factors.push(this.atom());
    if (this.peek(SHORT_ARGUMENT)) throw new NotEvaluable();
    return factors.length === 1 ? factors[0] : { kind: 'product', factors };
  }

  private closed(expression: Expression): Expression {
    if (this.peek(NUMBER)) throw new NotEvaluable();
    return expression;
  }
}

function isNegative(of: Expression): boolean {
  return (of.kind === 'number' && of.value.p < 0n) || (of.kind === 'product' && of.factors.some(isNegative));
}

/** Builds cos φ + i sin φ. */
function polar(angle: Expression): Expression {
  const sine: Expression = { kind: 'call', name: 'sin', of: [angle] };
  return {
    kind: 'sum',
    terms: [
      { kind: 'call', name: 'cos', of: [angle] },
      { kind: 'product', factors: [{ kind: 'symbol', name: 'i' }, sine] },
    ],
  };
}

function inRadians(degrees: Expression): Expression {
  const half: Expression = { kind: 'quotient', top: { kind: 'symbol', name: 'pi' }, bottom: integer(180) };
  return { kind: 'product', factors: [degrees, half] };
}

function smallInteger(of: Expression): number {
  if (of.kind !== 'number' || of.value.q !== 1n || of.value.p < 2n || of.value.p > 64n) throw new NotEvaluable();
  return Number(of.value.p);
}
