import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { expressionText, needsPrecedence, operationsOf, valueOf, type Sum } from './expression.ts';
import { randomSum, WORLD_LIMIT } from './generate.ts';
import { apply, solve, stepText, wrong, type Procedure } from './solve.ts';

const HONEST: readonly Procedure[] = ['products-first', 'scan', 'gather'];

/** 25 - 5 * 2 + 4 - 3 */
const SUM: Sum = [
  { sign: 1, factors: [25] },
  { sign: -1, factors: [5, 2] },
  { sign: 1, factors: [4] },
  { sign: -1, factors: [3] },
];

const randomSums = fc
  .record({
    seed: fc.integer({ min: 0, max: 0xffffffff }),
    operations: fc.integer({ min: 1, max: 10 }),
    form: fc.constantFrom<'plain' | 'story'>('plain', 'story'),
    wide: fc.boolean(),
    negative: fc.boolean(),
  })
  .map(({ seed, ...options }) => ({ options, sum: randomSum(new Random(seed), options) }));

const lines = (procedure: Procedure): string[] => solve(new Random(1), SUM, procedure, 0).steps.map(stepText);

describe('procedures', () => {
  it('solve the same question in different orders', () => {
    expect(lines('products-first')).toEqual(['5*2=10', '25-10=15', '15+4=19', '19-3=16']);
    expect(lines('gather')).toEqual(['5*2=10', '25+4=29', '10+3=13', '29-13=16']);
    expect(lines('left-to-right')).toEqual(['25-5=20', '20*2=40', '40+4=44', '44-3=41']);
    expect(solve(new Random(1), [SUM[0], { sign: 1, factors: [1] }, SUM[1]], 'scan', 0).steps.map(stepText)).toEqual([
      '25+1=26',
      '5*2=10',
      '26-10=16',
    ]);
  });

  it('are right and take one step per operation without slips', () => {
    fc.assert(
      fc.property(randomSums, fc.constantFrom(...HONEST), ({ sum }, procedure) => {
        const { answer, steps } = solve(new Random(1), sum, procedure, 0);
        expect(String(answer)).toBe(String(valueOf(sum)));
        expect(steps.length).toBe(operationsOf(sum));
      }),
    );
  });

  it('stay inside the closed world', () => {
    fc.assert(
      fc.property(randomSums, fc.constantFrom(...HONEST), ({ sum, options }, procedure) => {
        const results = solve(new Random(1), sum, procedure, 0).steps.map((step) => step.result);
        expect(Math.max(...results)).toBeLessThanOrEqual(WORLD_LIMIT);
        expect(Math.min(...results)).toBeGreaterThanOrEqual(
          procedure === 'scan' && !options.negative ? 0 : -WORLD_LIMIT,
        );
        expect(operationsOf(sum)).toBe(options.operations);
      }),
    );
  });

  it('ignore precedence only under the misconception, and only if the question has any', () => {
    fc.assert(
      fc.property(randomSums, ({ sum }) => {
        const { answer } = solve(new Random(1), sum, 'left-to-right', 0);
        const running = expressionText(sum)
          .split(' ')
          .reduce<{ value: number; operation: string }>(
            ({ value, operation }, piece) => {
              if (piece === '+' || piece === '-' || piece === '*') return { value, operation: piece };
              const number = Number(piece);
              const next = operation === '+' ? value + number : operation === '-' ? value - number : value * number;
              return { value: next, operation: '' };
            },
            { value: 0, operation: '+' },
          );
        expect(answer).toBe(running.value);
        expect(needsPrecedence(sum) || String(answer) === String(valueOf(sum))).toBe(true);
      }),
    );
  });

  it('propagate a slip to the end', () => {
    fc.assert(
      fc.property(randomSums, fc.integer(), ({ sum }, seed) => {
        const { answer, steps } = solve(new Random(seed), sum, 'scan', 1);
        expect(steps.every((step) => apply(step.left, step.operation, step.right) !== step.result)).toBe(true);
        expect(steps[steps.length - 1].result).toBe(answer);
      }),
    );
  });
});

describe('wrong', () => {
  it('never returns the right result', () => {
    const operations = fc.constantFrom<'+' | '-' | '*'>('+', '-', '*');
    fc.assert(
      fc.property(fc.integer({ min: -999, max: 999 }), operations, fc.integer(), (value, operation, seed) => {
        expect(wrong(new Random(seed), value, operation)).not.toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('is off by one or ten, swaps two digits, or loses the sign', () => {
    const random = new Random(4);
    const seen = new Set(Array.from({ length: 500 }, () => wrong(random, -163, '-')));
    expect([...seen].toSorted((a, b) => a - b)).toEqual([-173, -164, -162, -153, -136, 163]);
  });
});
