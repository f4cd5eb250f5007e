/**
 * Parses rational multiples of one square root or of π: `2\sqrt{3}`, `\frac{\sqrt{2}}{2}`, `3\pi/4`.
 *
 * They are as common among votes as fractions, and as cheap to compare exactly: √n for different square-free
 * n, π and 1 are linearly independent over the rationals. Sums and all other expressions are left to
 * `evaluate.ts`.
 */
import { makeRational, parseRational, type Rational } from '../evaluate/rational.ts';

export interface Multiple {
  value: Rational;
  /** What the value is a multiple of: `1`, `pi`, or `√n` with a square-free n > 1. */
  of: string;
}

const NUMBER = String.raw`\d{1,40}(?:\.\d{1,40})?`;
const UNIT = String.raw`(?:\\sqrt(?:\{(?<braced>\d{1,9})\}|(?<digit>\d))|(?<pi>\\pi))`;
const FORMS = [
  // 2\sqrt{3}, 3\pi/4
  String.raw`(?<top>${NUMBER})?(?:\\cdot)?${UNIT}(?:/(?<bottom>${NUMBER}))?`,
  // \frac{2\sqrt{3}}{5}
  String.raw`\\frac\{(?<top>${NUMBER})?${UNIT}\}(?:\{(?<bottom>${NUMBER})\}|(?<bottomDigit>\d))`,
  // \frac{2}{5}\sqrt{3}
  String.raw`\\frac(?:\{(?<top>${NUMBER})\}|(?<topDigit>\d))(?:\{(?<bottom>${NUMBER})\}|(?<bottomDigit>\d))${UNIT}`,
  // \frac{2}{\sqrt{3}}
  String.raw`\\frac(?:\{(?<top>${NUMBER})\}|(?<topDigit>\d))\{\\sqrt\{(?<under>\d{1,9})\}\}`,
].map((form) => new RegExp(`^(?<sign>-?)${form}$`));

/** Parses a normalized text that is such a multiple; null for every other text. */
export function parseMultiple(text: string): Multiple | null {
  if (!/\\(?:sqrt|pi)/.test(text) || text.length > 128) return null;
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return multipleOf(groups);
  }
  return null;
}

function multipleOf(groups: Record<string, string | undefined>): Multiple | null {
  const top = parseRational(groups.top ?? groups.topDigit ?? '1');
  const bottom = parseRational(groups.bottom ?? groups.bottomDigit ?? '1');
  if (top === null || bottom === null) return null;
  const under = groups.under === undefined ? null : BigInt(groups.under);
  const sign = groups.sign === '-' ? -1n : 1n;
  const value = makeRational(sign * top.p * bottom.q, top.q * bottom.p * (under ?? 1n));
  if (value === null) return null;
  const radicand = under ?? BigInt(groups.braced ?? groups.digit ?? 1);
  if (groups.pi !== undefined) return { value, of: value.p === 0n ? '1' : 'pi' };
  return ofRoot(value, Number(radicand));
}

/** Simplifies value · √n: takes all squares out of the root. */
function ofRoot(value: Rational, n: number): Multiple {
  let [outside, rest] = [n === 0 ? 0 : 1, n];
  for (let root = 2; root * root <= rest; root++)
    while (rest % (root * root) === 0) [outside, rest] = [outside * root, rest / (root * root)];
  const scaled = makeRational(value.p * BigInt(outside), value.q) ?? value;
  return { value: scaled, of: rest <= 1 || scaled.p === 0n ? '1' : `√${rest}` };
}
