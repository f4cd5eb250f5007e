import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createComparer } from './compare/comparer.ts';
import { compareAnswers } from './compare/equal.ts';
import { Algebra } from './evaluate/algebra.ts';
import { rulesOf } from './mode.ts';

const algebra = new Algebra();
const MODES = [rulesOf('voting'), rulesOf('evaluation')].map((rules) => ({
  rules,
  comparer: createComparer(rules, algebra),
}));

/** Expects that two answers are not equal, in either mode and order. */
function expectApart(a: string, b: string): void {
  for (const { rules, comparer } of MODES)
    for (const [one, other] of [
      [a, b],
      [b, a],
    ])
      expect([one, other, compareAnswers(one, other, rules, comparer).verdict]).not.toContain('equal');
}

const digit = fc.integer({ min: 1, max: 9 });
const small = fc.integer({ min: 2, max: 60 });
/** Three of them are no word, whose case would not matter (`Kay`). */
const consonant = fc.constantFrom(...'bcdfghjklmnpqrstvwxz');
const letter = fc.constantFrom(...'abcdhklmnpqrstuvwxyz');
const capital = fc.constantFrom(...'ABCDEFGHIJ');

/** Answers that differ by construction, kind by kind: pairs of texts. */
const KINDS: Record<string, fc.Arbitrary<[string, string]>> = {
  'a decimal comma and a whole number': fc
    .tuple(fc.stringMatching(/^\d{3}$/), fc.constantFrom('', '-', 'x='), fc.constantFrom(',', '{,}'))
    .filter(([digits]) => Number(digits) > 0)
    .map(([digits, before, comma]) => [`${before}0${comma}${digits}`, `${before}${Number(digits)}`]),
  'thousands and a list': fc.tuple(digit, digit).map(([a, b]) => [`${a},00${b}`, `\\{${a},${b}\\}`]),
  'a product of letters and its number': fc
    .tuple(small, fc.constantFrom('nm', 'pt', 'mi', 'pc', 'mg', 'ml', 'ms', 'hr', 'xy', 'ab', 'mn', 'pq'))
    .map(([n, letters]) => [`${n}${letters}`, `${n}`]),
  'a repeating and a short decimal': fc
    .tuple(fc.integer({ min: 0, max: 9 }), digit)
    .map(([whole, repeated]) => [`${whole}.(${repeated})`, `${whole}`]),
  'a time and a ratio': fc
    .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 10, max: 59 }), fc.integer({ min: 2, max: 5 }))
    .map(([h, m, by]) => [`${h}:${m}`, `${h * by}:${m * by}`]),
  'a date and a quotient': fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), fc.integer({ min: 1900, max: 2099 }))
    .map(([m, d, y]) => [`${m}/${d}/${y}`, `\\frac{${m}}{${d * y}}`]),
  'a range and a difference': fc.tuple(small, small).map(([a, b]) => [`${a}–${b}`, `${a - b}`]),
  'a choice and a remark about it': fc
    .tuple(
      capital,
      fc.constantFrom(
        'is wrong',
        'is not right',
        'and',
        'or',
        'but not',
        '?',
        'maybe',
        'unless x>0',
        'can be excluded',
      ),
      fc.constantFrom('', '(B)', 'the others'),
    )
    .map(([choice, remark, rest]) => [`(${choice}) ${remark} ${rest}`, choice]),
  'one statement and several': fc
    .tuple(
      fc.constantFrom('I', 'II', 'III', 'IV'),
      fc.constantFrom('I', 'II', 'III', 'IV'),
      fc.constantFrom('and', 'or'),
    )
    .filter(([a, b]) => a !== b)
    .map(([a, b, word]) => [`(${a}) ${word} (${b})`, a]),
  'kinds of numbers that do not solve it': fc
    .tuple(...[0, 1].map(() => fc.constantFrom('integer', 'positive', 'rational', 'complex', 'prime', 'negative')))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => [`no ${a} roots`, `no ${b} roots`]),
  'letters in another case': fc
    .tuple(consonant, consonant, consonant)
    .map(([a, b, c]) => [`${a}${b}${c}`, `${a.toUpperCase()}${b}${c}`]),
  'a word after a number': fc
    .tuple(
      small,
      fc.constantFrom('wrong', 'incorrect', 'dozen', 'squared', 'March', 'maybe', 'below zero', 'mod 7', 'percent off'),
    )
    .map(([n, word]) => [`${n} ${word}`, `${n}`]),
  'open and closed intervals': fc
    .tuple(small, small, fc.constantFrom('()', '[]', '(]', '[)'), fc.constantFrom('()', '[]', '(]', '[)'))
    .filter(([, , a, b]) => a !== b)
    .map(([from, length, a, b]) => [
      `${a[0]}${from},${from + length}${a[1]}`,
      `${b[0]}${from},${from + length}${b[1]}`,
    ]),
  'alternatives and a point': fc.tuple(small, small).map(([a, b]) => [`${a} or ${b + 60}`, `(${a},${b + 60})`]),
  'a value and its negative': fc
    .tuple(small, fc.constantFrom('', 'x=', '\\frac{1}{3}+', '\\sqrt{2}'))
    .map(([n, before]) => [`${before}${n}`, `${before}(-${n})`]),
  conjugates: fc.tuple(small, small).map(([a, b]) => [`${a}+${b}i`, `${a}-${b}i`]),
  'a rounded and an exact value': fc
    .tuple(small, fc.integer({ min: 3, max: 12 }))
    .filter(([n]) => !Number.isInteger(Math.sqrt(n)))
    .map(([n, digits]) => [Math.sqrt(n).toFixed(digits), `\\sqrt{${n}}`]),
  'prefixes of units': fc
    .tuple(
      small,
      fc.constantFrom(['m', 'M'], ['k', 'm'], ['c', 'm'], ['n', 'm'], ['', 'k']),
      fc.constantFrom('m', 'g', 's', 'W'),
    )
    .map(([n, [a, b], unit]) => [`${n}\\text{ ${a}${unit}}`, `${n}\\text{ ${b}${unit}}`]),
  currencies: fc
    .tuple(small, fc.constantFrom('\\$', '€', '£'), fc.constantFrom('\\$', '€', '£'))
    .filter(([, a, b]) => a !== b)
    .map(([n, a, b]) => [`${a}${n}`, `${b}${n}`]),
  'a mixed number and a product': fc
    .tuple(small, digit, fc.integer({ min: 10, max: 20 }))
    .map(([n, a, b]) => [`${n}\\frac{${a}}{${b}}`, `${n}\\cdot\\frac{${a}}{${b}}`]),
  'inequalities in the other direction': fc
    .tuple(small, fc.constantFrom('<', '>', '\\le ', '\\ge '), fc.constantFrom('<', '>', '\\le ', '\\ge '))
    .filter(([, a, b]) => a !== b)
    .map(([n, a, b]) => [`x${a}${n}`, `x${b}${n}`]),
  'towers and products of exponents': fc
    .tuple(letter, letter, letter)
    .filter((letters) => new Set(letters).size === 3 && letters.every((one) => !'eifgnmk'.includes(one)))
    .map(([a, b, c]) => [`(${a}^${b})^${c}`, `${a}^{${b}${c}}`]),
  'columns with other entries': fc
    .tuple(small, small)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => [`\\begin{pmatrix}${a}\\\\${b}\\end{pmatrix}`, `\\begin{pmatrix}${b}\\\\${a}\\end{pmatrix}`]),
  'a command that is not known': fc
    .tuple(small, fc.constantFrom('\\cancel', '\\phantom', '\\foo', '\\overline', '\\hat', '\\widetilde', '\\not'))
    .map(([n, command]) => [`${command}{${n}}`, `${n}`]),
  'an answer cut off': fc
    .tuple(small, small, fc.constantFrom('\\frac{', '\\sqrt{', '(', '\\{', '2^{'))
    .map(([a, b, open]) => [`${open}${a}`, open === '2^{' ? `${2 ** (a % 20)}` : `${b}`]),
  'look-alike letters': fc
    .constantFrom(
      ['А', 'A'],
      ['В', 'B'],
      ['С', 'C'],
      ['х', 'x'],
      ['а', 'a'],
      ['о', '0'],
      ['l', '1'],
      ['O', '0'],
      ['×', 'x'],
    )
    .map(([a, b]) => [a, b]),
  entities: fc
    .tuple(small, fc.constantFrom('&lt;', '&gt;', '&amp;', '&le;'))
    .map(([n, entity]) => [`x${entity}${n}`, `x${n}`]),
};

// Ten times what an idle machine needs.
describe('answers that differ by construction are not equal', { timeout: 120_000 }, () => {
  it.each(Object.entries(KINDS))('%s', (_, pair) => {
    fc.assert(
      fc.property(pair, ([a, b]) => expectApart(a, b)),
      { numRuns: 100 },
    );
  });
});
