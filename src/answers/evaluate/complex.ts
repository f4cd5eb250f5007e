/**
 * Complex numbers in double precision, principal values. NaN where a value is undefined. Used by `sample.ts`;
 * the exact evaluator does not use floating point.
 */

export interface Complex {
  re: number;
  im: number;
}

export const NAN: Complex = { re: Number.NaN, im: Number.NaN };

export function real(re: number): Complex {
  return { re, im: 0 };
}

export function plus(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im };
}

export function times(a: Complex, b: Complex): Complex {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

export function over(a: Complex, b: Complex): Complex {
  const norm = b.re * b.re + b.im * b.im;
  if (norm === 0) return NAN;
  return { re: (a.re * b.re + a.im * b.im) / norm, im: (a.im * b.re - a.re * b.im) / norm };
}

export function size(a: Complex): number {
  return Math.hypot(a.re, a.im);
}

function exp(a: Complex): Complex {
  const scale = Math.exp(a.re);
  return a.im === 0 ? real(scale) : { re: scale * Math.cos(a.im), im: scale * Math.sin(a.im) };
}

export function ln(a: Complex): Complex {
  return size(a) === 0 ? NAN : { re: Math.log(size(a)), im: Math.atan2(a.im, a.re) };
}

/** Computes a^b. Integer powers of reals stay real. */
export function raise(a: Complex, b: Complex): Complex {
  if (b.im === 0 && a.im === 0 && (a.re > 0 || (Number.isInteger(b.re) && a.re !== 0))) return real(a.re ** b.re);
  if (size(a) === 0) return b.re > 0 ? real(0) : NAN;
  return exp(times(b, ln(a)));
}

export function sin(a: Complex): Complex {
  return { re: Math.sin(a.re) * Math.cosh(a.im), im: Math.cos(a.re) * Math.sinh(a.im) };
}

export function cos(a: Complex): Complex {
  return { re: Math.cos(a.re) * Math.cosh(a.im), im: -Math.sin(a.re) * Math.sinh(a.im) };
}
