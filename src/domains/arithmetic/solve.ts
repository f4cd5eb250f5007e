/**
 * Writes a solution step by step, with simulated mistakes: slips in single steps that propagate, and the
 * misconception that ignores precedence. The base model learns its errors from these, which gives majority
 * voting something to correct. The true value comes from `valueOf` in `expression.ts`, never from here.
 */

import type { Random } from '../../random.ts';
import type { Sum } from './expression.ts';

/**
 * - `products-first`: all products, then the sum from left to right.
 * - `scan`: a running total from left to right that computes each product where it occurs.
 * - `gather`: products, then all gains, all losses, and their difference.
 * - `left-to-right`: the misconception, without precedence.
 */
export type Procedure = 'products-first' | 'scan' | 'gather' | 'left-to-right';

type Operation = '+' | '-' | '*';

export interface Step {
  left: number;
  operation: Operation;
  right: number;
  /** The written result, right or wrong. */
  result: number;
}

export interface Solution {
  steps: Step[];
  answer: number;
}

/**
 * Solves `sum` by a procedure. Each step's result is wrong with probability `slip`, and propagates as
 * written.
 */
export function solve(random: Random, sum: Sum, procedure: Procedure, slip: number): Solution {
  const steps: Step[] = [];
  const work = (left: number, operation: Operation, right: number): number => {
    const exact = apply(left, operation, right);
    const result = random.chance(slip) ? wrong(random, exact, operation) : exact;
    steps.push({ left, operation, right, result });
    return result;
  };
  return { answer: PROCEDURES[procedure](sum, work), steps };
}

type Work = (left: number, operation: Operation, right: number) => number;

const PROCEDURES: Record<Procedure, (sum: Sum, work: Work) => number> = {
  'products-first': (sum, work) => total(products(sum, work), work),
  scan: (sum, work) => {
    let running: number | null = null;
    for (const term of sum) {
      const value = multiply(term.factors, work);
      running = running === null ? value : work(running, term.sign === 1 ? '+' : '-', value);
    }
    return running ?? 0;
  },
  gather: (sum, work) => {
    const terms = products(sum, work);
    const gains = terms.filter((term) => term.sign === 1);
    const losses = terms.filter((term) => term.sign === -1);
    const gained = total(gains, work);
    if (losses.length === 0) return gained;
    return work(
      gained,
      '-',
      total(
        losses.map(({ value }) => ({ sign: 1, value })),
        work,
      ),
    );
  },
  'left-to-right': (sum, work) => {
    let running: number | null = null;
    for (const term of sum) {
      term.factors.forEach((factor, at) => {
        const operation = at > 0 ? '*' : term.sign === 1 ? '+' : '-';
        running = running === null ? factor : work(running, operation, factor);
      });
    }
    return running ?? 0;
  },
};

interface SignedValue {
  sign: 1 | -1;
  value: number;
}

function products(sum: Sum, work: Work): SignedValue[] {
  return sum.map((term) => ({ sign: term.sign, value: multiply(term.factors, work) }));
}

function multiply(factors: readonly number[], work: Work): number {
  return factors.slice(1).reduce((value, factor) => work(value, '*', factor), factors[0]);
}

/** Sums from left to right; the first value is the start. */
function total([first, ...rest]: readonly SignedValue[], work: Work): number {
  return rest.reduce((sum, { sign, value }) => work(sum, sign === 1 ? '+' : '-', value), first.value);
}

/** Computes the exact result of one operation on small integers. */
export function apply(left: number, operation: Operation, right: number): number {
  if (operation === '*') return left * right;
  return operation === '+' ? left + right : left - right;
}

/**
 * Returns a wrong result: off by one or ten, with two digits swapped, or with the sign lost. Never `value`.
 */
export function wrong(random: Random, value: number, operation: Operation): number {
  const swapped = swapDigits(value);
  const kind = random.weighted([0.4, 0.3, swapped === value ? 0 : 0.15, operation === '-' && value !== 0 ? 0.15 : 0]);
  if (kind === 2) return swapped;
  if (kind === 3) return -value;
  return value + (random.chance(0.5) ? 1 : -1) * (kind === 0 ? 1 : 10);
}

/** Swaps the last two digits: 63 becomes 36, 7 stays 7. */
function swapDigits(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 10) return value;
  const [ones, tens] = [magnitude % 10, Math.floor(magnitude / 10) % 10];
  return Math.sign(value) * (magnitude - tens * 10 - ones + ones * 10 + tens);
}

/**
 * Writes up to three chained steps as one line: `25+28=53`, `53+10=63` become `25+28+10=63`. A product never
 * follows a sum in a line, so each line is correct with precedence.
 */
export function hastyLines(steps: readonly Step[]): string[] {
  const lines: { text: string; steps: number; last: Step }[] = [];
  for (const step of steps) {
    const line = lines.at(-1);
    const chained = line !== undefined && line.steps < HASTY_STEPS && line.last.result === step.left;
    if (chained && (step.operation !== '*' || line.last.operation === '*')) {
      line.text += `${step.operation}${step.right}`;
      line.steps++;
      line.last = step;
    } else {
      lines.push({ text: `${step.left}${step.operation}${step.right}`, steps: 1, last: step });
    }
  }
  return lines.map(({ text, last }) => `${text}=${last.result}`);
}

const HASTY_STEPS = 3;

/** Formats one step: `5*2=10`. */
export function stepText({ left, operation, right, result }: Step): string {
  return `${left}${operation}${right}=${result}`;
}
