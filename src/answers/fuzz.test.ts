import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createComparer } from './compare/comparer.ts';
import { canonicalKey, compareAnswers } from './compare/equal.ts';
import { rulesOf } from './mode.ts';

const voting = rulesOf('voting');
const evaluation = rulesOf('evaluation');
const exact = createComparer(voting, null);
const strict = createComparer(evaluation, null);

const PIECES =
  '0 1 2 10 0.5 1,000 - + * / ^ _ = < > , ; : . ( ) [ ] { } \\{ \\} | ! % $ & \\\\ \\frac{1}{2} \\frac \\sqrt{2} \\sqrt \\pi \\infty x y n e i A B AB \\sin \\ln \\log_2 \\pm \\cup \\in \\le \\approx \\text{ \\boxed{ \\left \\right) \\begin{pmatrix} \\end{pmatrix} cm m dollars degrees ° ½ √ ² − ∞ million or and no solution the answer is (B) \u202e \u200b \u0000'.split(
    ' ',
  );
const piece = fc.oneof(fc.constantFrom(...PIECES), fc.constant(' '));
/** Pieces of answers in any order, well-formed or not. */
const scribble = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const leaf = fc.constantFrom('1', '2', '-3', '0.5', 'x', 'y', '\\pi', '\\sqrt{2}', 'i', '0', '\\sin x');
/** Well-formed: an operation on two leaves, with optional brackets. */
const formula = fc
  .tuple(
    leaf,
    fc.constantFrom('+', '-', '\\cdot ', '/', '^', ',', '=', '<', '\\pm '),
    leaf,
    fc.constantFrom('', '()', '[]', '{}', '||', '[)'),
  )
  .map(([a, sign, b, around]) => `${around[0] ?? ''}${a}${sign}${b}${around[1] ?? ''}`);

type Answers = fc.Arbitrary<string>;

function expectVerdicts(a: Answers, b: Answers, pairs: number): void {
  fc.assert(
    fc.property(a, b, (one, other) => {
      const lenient = compareAnswers(one, other, voting, exact);
      expectVerdict(lenient.verdict, lenient.reason);
      if (lenient.verdict !== 'equal') return;
      expect(compareAnswers(other, one, voting, exact).verdict).toBe('equal');
      expect([canonicalKey(one), canonicalKey(other)]).not.toContain(null);
    }),
    { numRuns: pairs },
  );
}

/** Faster than two calls of `expect`, which matters for a hundred thousand pairs. */
function expectVerdict(verdict: string, reason: string): void {
  if (!/^(?:equal|different|undecided)$/.test(verdict) || !/^[a-z-]+$/.test(reason))
    expect({ verdict, reason }).toEqual('a verdict with its reason');
}

// Ten times what an idle machine needs.
const PATIENCE_MS = 300_000;

describe('100,000 fuzzed pairs get a verdict that is the same both ways', { timeout: PATIENCE_MS }, () => {
  it('for formulas', () => expectVerdicts(formula, formula, 40_000));
  it('for scribble', () => expectVerdicts(scribble, scribble, 40_000));
  it('for raw text', () =>
    expectVerdicts(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.oneof(scribble, fc.string({ maxLength: 12 })),
      20_000,
    ));

  it('is symmetric, reflexive, and no more lenient in evaluation than in voting', () => {
    const either = fc.oneof(formula, scribble);
    fc.assert(
      fc.property(either, either, (a, b) => {
        const [there, back] = [compareAnswers(a, b, evaluation, strict), compareAnswers(b, a, evaluation, strict)];
        expect(there.verdict).toBe(back.verdict);
        if (there.verdict === 'equal') expect(compareAnswers(a, b, voting, exact).verdict).toBe('equal');
        expect(compareAnswers(a, a, evaluation, strict).verdict).toBe(canonicalKey(a) === null ? 'different' : 'equal');
      }),
      { numRuns: 3000 },
    );
  });
});
