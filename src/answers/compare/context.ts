/** What the comparisons of this folder share: the rules of the mode, and what compares parts. */
import type { Rules } from '../mode.ts';
import type { Answer } from '../read/answer.ts';
import type { Sides } from '../read/relation.ts';
import type { Verdict } from '../verdict.ts';

/** Compares parts that differ as text and are not rational numbers. */
export interface Comparer {
  scalars(a: string, b: string): Verdict;
  /** Compares two equations, each given by its two sides. */
  equations(a: [string, string], b: [string, string]): Verdict;
  /** Compares two chains with the same signs, pair by pair: `2x<6` and `x<3`. */
  inequalities(a: Sides, b: Sides): Verdict;
}

export interface Context {
  rules: Rules;
  comparer: Comparer;
  /** Compares two parts of answers. */
  compare(a: Answer, b: Answer): Verdict;
}
