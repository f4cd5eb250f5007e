/**
 * The arithmetic of a question, independent of its wording: a sum of signed terms, each a product of
 * integers. Products bind first, so every question of the grammar has this form and exactly one value. Pure
 * data and arithmetic. Next: `wording.ts` (writing), `parse.ts` (reading), `solve.ts` (solutions).
 */

export interface Term {
  sign: 1 | -1;
  /** At least one factor. A literal may be negative in plain questions only. */
  factors: readonly number[];
}

/** At least one term; the first has sign +1. */
export type Sum = readonly Term[];

/**
 * Computes the exact value. Uses big integers, because a Challenger may write long products of long numbers.
 */
export function valueOf(sum: Sum): bigint {
  let total = 0n;
  for (const term of sum) {
    const product = term.factors.reduce((value, factor) => value * BigInt(factor), 1n);
    total += term.sign === 1 ? product : -product;
  }
  return total;
}

/** Counts the operations: one less than the number of integers. */
export function operationsOf(sum: Sum): number {
  return sum.reduce((count, term) => count + term.factors.length, 0) - 1;
}

/** Formats the canonical text, `25 + 28 - 5 * 2`. It also serves as the key of equal expressions. */
export function expressionText(sum: Sum): string {
  return sum
    .map((term, at) => `${at === 0 ? '' : term.sign === 1 ? ' + ' : ' - '}${term.factors.join(' * ')}`)
    .join('');
}

/** Returns whether evaluation strictly from left to right, without precedence, would differ. */
export function needsPrecedence(sum: Sum): boolean {
  return sum.some((term, at) => at > 0 && term.factors.length > 1);
}
