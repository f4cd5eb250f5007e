/**
 * Exact values of cosine and sine at rational multiples of π, as sums of square roots: multiples of π/12 and, for the
 * cosine, of π/5. Used by `evaluate.ts`, also for e^{iφ} = cos φ + i sin φ.
 */
import { add, constant, type Form, multiply, root } from './form.ts';
import { makeRational, type Rational } from './rational.ts';

const ZERO: Form = constant({ p: 0n, q: 1n });

/** Returns the sum of c·√n over the pairs (c, n). */
function surd(...parts: readonly (readonly [Rational, bigint])[]): Form {
  return parts.map(([c, n]) => multiply(constant(c), root(constant({ p: n, q: 1n }), 2))).reduce(add, ZERO);
}

const HALF: Rational = { p: 1n, q: 2n };
const QUARTER: Rational = { p: 1n, q: 4n };
const MINUS_QUARTER: Rational = { p: -1n, q: 4n };

/** cos(kπ/12) for k = 0 … 6. */
const TWELFTHS: readonly Form[] = [
  constant({ p: 1n, q: 1n }),
  surd([QUARTER, 6n], [QUARTER, 2n]),
  surd([HALF, 3n]),
  surd([HALF, 2n]),
  constant(HALF),
  surd([QUARTER, 6n], [MINUS_QUARTER, 2n]),
  ZERO,
];
/** cos(kπ/5) for k = 0 … 2. */
const FIFTHS: readonly Form[] = [
  constant({ p: 1n, q: 1n }),
  surd([QUARTER, 1n], [QUARTER, 5n]),
  surd([MINUS_QUARTER, 1n], [QUARTER, 5n]),
];

/** Returns cos(turns · π), or null if it is no such sum. */
export function cosine({ p, q }: Rational): Form | null {
  const [table, steps] = 12n % q === 0n ? [TWELFTHS, 12n] : [FIFTHS, 5n];
  if (steps % q !== 0n) return null;
  // Reduced to 0 … π by symmetry: cos(2π − φ) = cos φ, cos(π − φ) = −cos φ.
  const period = 2n * steps;
  const at = (((p * (steps / q)) % period) + period) % period;
  const half = at > steps ? period - at : at;
  const negative = 2n * half > steps;
  const value = table[Number(negative ? steps - half : half)];
  return negative ? multiply(constant({ p: -1n, q: 1n }), value) : value;
}

/** Returns sin(turns · π), or null if it is no such sum. */
export function sine({ p, q }: Rational): Form | null {
  const complement = makeRational(q - 2n * p, 2n * q);
  return complement === null ? null : cosine(complement);
}
