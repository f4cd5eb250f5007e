/**
 * Exact rational numbers, and a parser for their usual notations.
 *
 * No floating point: 0.1 is 1/10. Text that is not plainly a number gives null; `expression-parser.ts`
 * handles the rest.
 */
import { LIMITS } from '../limits.ts';

/** p/q in lowest terms, q > 0. */
export interface Rational {
  readonly p: bigint;
  readonly q: bigint;
}

/** p/q in lowest terms; null when q is 0. */
export function makeRational(p: bigint, q: bigint = 1n): Rational | null {
  if (q === 0n) return null;
  const divisor = gcd(p, q) * (q < 0n ? -1n : 1n);
  return { p: p / divisor, q: q / divisor };
}

/** Greatest common divisor, ≥ 0. */
export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

const DECIMAL = String.raw`(?:\d+\.?\d*|\.\d+)`;
const ARGUMENT = String.raw`(?:\{(-?${DECIMAL})\}|(\d))`;
const SIGNED = new RegExp(String.raw`^(-?)(.*?)(%?)$`, 's');
const PLAIN = new RegExp(String.raw`^${DECIMAL}$`);
const REPEATING = /^(\d*)\.(\d*)\\overline\{(\d+)\}$/;
const SLASH = new RegExp(String.raw`^(?:(\d+) )?(${DECIMAL})/(-?${DECIMAL})$`);
const FRAC = new RegExp(String.raw`^(\d*)\\frac ?${ARGUMENT} ?${ARGUMENT}$`);
const SCIENTIFIC = new RegExp(String.raw`^(?:(${DECIMAL})(?:\\times|\\cdot|\*))?10\^(?:\{(-?\d+)\}|(\d+))$`);
const E_NOTATION = new RegExp(String.raw`^(${DECIMAL})[eE]([+-]?\d+)$`);

/** Parses a text from `normalizeAnswer`, within the limits. Null if it is not a plain number. */
export function parseRational(normalized: string): Rational | null {
  const parts = SIGNED.exec(normalized);
  if (parts === null) return null;
  const magnitude = parseMagnitude(parts[2]);
  if (magnitude === null) return null;
  return makeRational(parts[1] === '-' ? -magnitude.p : magnitude.p, magnitude.q * (parts[3] === '%' ? 100n : 1n));
}

function parseMagnitude(text: string): Rational | null {
  if (PLAIN.test(text)) return decimal(text);
  const slash = SLASH.exec(text);
  if (slash !== null) return mixed(slash[1] ?? '', decimal(slash[2]), decimal(slash[3]));
  const frac = FRAC.exec(text);
  if (frac !== null) return mixed(frac[1], decimal(frac[2] ?? frac[3]), decimal(frac[4] ?? frac[5]));
  const scientific = SCIENTIFIC.exec(text);
  if (scientific !== null) return scaled(scientific[1] ?? '1', scientific[2] ?? scientific[3]);
  const short = E_NOTATION.exec(text);
  if (short !== null) return scaled(short[1], short[2]);
  const repeating = REPEATING.exec(text);
  return repeating === null ? null : repeatingDecimal(repeating[1], repeating[2], repeating[3]);
}

function decimal(text: string): Rational | null {
  const [whole, fraction = ''] = text.split('.');
  return makeRational(
    BigInt(`${whole}${fraction}` === '-' ? '0' : `${whole}${fraction}`),
    10n ** BigInt(fraction.length),
  );
}

/** Computes whole + a/b. With a whole part, only a proper fraction of integers is a mixed number. */
function mixed(whole: string, a: Rational | null, b: Rational | null): Rational | null {
  if (a === null || b === null) return null;
  const fraction = makeRational(a.p * b.q, a.q * b.p);
  if (fraction === null || whole === '') return fraction;
  if (a.q !== 1n || b.q !== 1n || a.p < 0n || a.p >= b.p) return null;
  return makeRational(BigInt(whole) * fraction.q + fraction.p, fraction.q);
}

function scaled(mantissa: string, exponent: string): Rational | null {
  const power = Number(exponent);
  const value = decimal(mantissa);
  if (value === null || Math.abs(power) > LIMITS.exponent) return null;
  const factor = 10n ** BigInt(Math.abs(power));
  return power >= 0 ? makeRational(value.p * factor, value.q) : makeRational(value.p, value.q * factor);
}

function repeatingDecimal(whole: string, fixed: string, cycle: string): Rational | null {
  const head = BigInt(`0${whole}${fixed}`);
  const all = BigInt(`0${whole}${fixed}${cycle}`);
  return makeRational(all - head, 10n ** BigInt(fixed.length) * (10n ** BigInt(cycle.length) - 1n));
}
