/**
 * A question's arithmetic, whatever its wording: a sum of signed terms, each a product of integers.
 * Products bind first, so every question of the grammar has this one shape and one value.
 * Pure data and arithmetic: wording is `wording.ts`, reading is `parse.ts`, solving is `solve.ts`.
 */

export interface Term {
  sign: 1 | -1;
  /** At least one; a literal may be negative (plain questions only). */
  factors: readonly number[];
}

/** At least one term; the first has sign +1. */
export type Sum = readonly Term[];

/** Exact value (big integers: a Challenger may write long products of long numbers). */
export function valueOf(sum: Sum): bigint {
  let total = 0n;
  for (const term of sum) {
    const product = term.factors.reduce((value, factor) => value * BigInt(factor), 1n);
    total += term.sign === 1 ? product : -product;
  }
  return total;
}

/** Number of operations: one less than the number of integers. */
export function operationsOf(sum: Sum): number {
  return sum.reduce((count, term) => count + term.factors.length, 0) - 1;
}

/** `25 + 28 - 5 * 2`: the canonical text, also the key by which equal expressions are recognised. */
export function expressionText(sum: Sum): string {
  return sum
    .map((term, at) => `${at === 0 ? '' : term.sign === 1 ? ' + ' : ' - '}${term.factors.join(' * ')}`)
    .join('');
}

/** Whether reading strictly from left to right, without precedence, means something else. */
export function needsPrecedence(sum: Sum): boolean {
  return sum.some((term, at) => at > 0 && term.factors.length > 1);
}
