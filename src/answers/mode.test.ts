import { describe, expect, it } from 'vitest';
import { createComparer } from './compare/comparer.ts';
import { compareAnswers } from './compare/equal.ts';
import { type Rules, rulesOf } from './mode.ts';
import type { Verdict, VerdictReason } from './verdict.ts';

function compare(a: string, b: string, rules: Rules): Verdict {
  return compareAnswers(a, b, rules, createComparer(rules, null));
}

const PAIRS: [keyof Rules, string, string, VerdictReason][] = [
  ['cancelled', '\\frac{x^2-1}{x-1}', 'x+1', 'cancelled'],
  ['percentAsUnit', '28\\%', '28', 'percent'],
  ['nameLeftOut', 'y=2x+3', '2x+3', 'missing-name'],
  ['looseBrackets', '1, 2', '(1,2)', 'brackets'],
  ['scaledEquation', '2x+2y=4', 'x+y=2', 'scaled-equation'],
  ['inequalityAsInterval', 'x<3', '(-\\infty,3)', 'inequality-or-interval'],
  ['wordsForSets', 'no solution', '\\emptyset', 'wording'],
  ['lastOfChain', 'x=10/2=5', '5', 'chain'],
  ['approximate', '\\approx 3.14', '3.14', 'approximate'],
  ['ratioAsFraction', '1:2', '\\frac12', 'ratio-or-fraction'],
  ['choiceContent', '(B) 5', '5', 'choice-or-content'],
  ['decimalComma', '0,125', '0.125', 'decimal-comma'],
];

describe('mode rules', () => {
  it.each(PAIRS)('%s decides %s ~ %s', (rule, a, b, reason) => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      expect(compare(one, other, rulesOf('voting'))).toEqual({ verdict: 'equal', reason });
      expect(compare(one, other, rulesOf('evaluation'))).toEqual({ verdict: 'undecided', reason });
      expect(compare(one, other, rulesOf('evaluation', { [rule]: true }))).toEqual({ verdict: 'equal', reason });
    }
  });

  it('reads a log without a base as decimal in voting only', () => {
    expect(compare('\\log 100', '2', rulesOf('voting'))).toEqual({ verdict: 'undecided', reason: 'needs-algebra' });
    expect(compare('\\log 100', '2', rulesOf('evaluation')).verdict).toBe('different');
  });

  it('are all covered here', () => {
    expect([...PAIRS.map(([rule]) => rule), 'decimalLog'].toSorted()).toEqual(
      Object.keys(rulesOf('voting')).toSorted(),
    );
  });
});

describe('both modes', () => {
  it.each([
    ['x=5', 'y=5', 'different', 'different-name'],
    ['\\{1,1,2\\}', '\\{1,2\\}', 'undecided', 'multiplicity'],
    ['(1,2)', '[1,2]', 'different', 'different-shape'],
    ['3\\text{ cm}', '3\\text{ m}', 'different', 'different-value'],
    ['3\\text{ cm}', '3\\text{ s}', 'different', 'different-unit'],
    ['', '0', 'different', 'blank'],
    ['9'.repeat(5000), '1', 'different', 'limit'],
    ['9'.repeat(300), '1', 'undecided', 'limit'],
    ['\\sqrt{x^2}', 'x', 'undecided', 'domain'],
    ['5 \\bmod 7', '5 \\bmod 8', 'undecided', 'not-evaluable'],
    ['x=1, y=2', '2, 1', 'undecided', 'order'],
    ['5 km', '5000 meters', 'equal', 'same-parts'],
    ['1/2', '0.5', 'equal', 'same'],
    ['2x+2', '2(x+1)', 'equal', 'evaluated'],
  ])('%.20s ~ %s: %s, %s', (a, b, verdict, reason) => {
    for (const mode of ['voting', 'evaluation'] as const)
      expect(compare(a, b, rulesOf(mode))).toEqual({ verdict, reason });
  });
});
