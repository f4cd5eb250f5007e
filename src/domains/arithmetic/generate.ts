/**
 * Draws random sums for the corpus and the held-out test. The world is closed: with every correct procedure,
 * all intermediate and final values are in [-999, 999]. Numbers near these limits are therefore still
 * familiar to the base model. The wording is in `wording.ts`.
 */

import type { Random } from '../../random.ts';
import type { Sum, Term } from './expression.ts';

export const WORLD_LIMIT = 999;

export interface SumOptions {
  /** 1 or more. */
  operations: number;
  form: 'plain' | 'story';
  /** Allows operands up to 499 and, in plain questions, negative literals. */
  wide: boolean;
  /** Allows a running total below zero. */
  negative: boolean;
}

/** Draws a random sum inside the closed world. */
export function randomSum(random: Random, options: SumOptions): Sum {
  for (;;) {
    const sum = draftSum(random, options);
    const [low, high] = reach(sum);
    if (high <= WORLD_LIMIT && low >= (options.negative ? -WORLD_LIMIT : 0)) return sum;
  }
}

function draftSum(random: Random, options: SumOptions): Sum {
  const shape: { sign: 1 | -1; count: number }[] = [{ sign: 1, count: 1 }];
  for (let made = 0; made < options.operations; made++) {
    const kind = random.weighted([0.42, 0.33, 0.25]);
    const last = shape[shape.length - 1];
    if (kind === 2 && last.count < (options.form === 'plain' ? 3 : 2)) last.count++;
    else shape.push({ sign: kind === 1 ? -1 : 1, count: 1 });
  }
  return shape.map(({ sign, count }): Term => ({ sign, factors: factorsOf(random, count, options) }));
}

function factorsOf(random: Random, count: number, options: SumOptions): number[] {
  if (count === 1) return [operand(random, options)];
  if (count > 2) return Array.from({ length: count }, () => random.integer(2, 5));
  const pair = [random.integer(2, 9), random.integer(2, 12)];
  return random.chance(0.5) ? pair : pair.toReversed();
}

function operand(random: Random, { wide, form }: SumOptions): number {
  if (wide && random.chance(0.5)) return random.integer(100, 499);
  const value = random.chance(0.3) ? random.integer(1, 19) : random.integer(form === 'story' ? 2 : 0, 99);
  return wide && form === 'plain' && value !== 0 && random.chance(0.2) ? -value : value;
}

/**
 * Returns the lowest and highest value that occurs with any correct procedure: running totals, and gains and
 * losses summed separately.
 */
function reach(sum: Sum): [number, number] {
  let running = 0;
  let gains = 0;
  let losses = 0;
  let low = 0;
  let high = 0;
  for (const term of sum) {
    const product = term.factors.reduce((value, factor) => value * factor, 1);
    running += term.sign * product;
    if (term.sign === 1) gains += product;
    else losses += product;
    low = Math.min(low, running, product);
    high = Math.max(high, running, gains, losses, product);
  }
  return [low, high];
}
