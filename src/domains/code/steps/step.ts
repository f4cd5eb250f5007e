/** One step of a template program. */

import type { Random } from '../../../random.ts';

export interface Step<T> {
  /** A statement that changes the variable. */
  code: string;
  /** What the statement does, computed here. */
  run(value: T): T;
  /** What it does, in words. */
  words: string;
}

/** Draws a step on the variable of this name. */
export type StepMaker<T> = (random: Random, name: string) => Step<T>;

/** The remainder with the sign of the divisor, as the programs write it. */
export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
