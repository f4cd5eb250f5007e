import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalKey, compareAnswers } from './equal.ts';
import { createComparer } from './comparer.ts';
import { rulesOf } from '../mode.ts';
import { normalizeAnswer } from '../read/normalize.ts';
import { rationalKey } from '../read/parse.ts';

const voting = rulesOf('voting');
const exact = createComparer(voting, null);

/** Random text built from the pieces that answers consist of, well-formed or not. */
const scribble = fc
  .array(
    fc.constantFrom(
      '1',
      '2',
      '10',
      '.',
      ',',
      ' ',
      '-',
      '+',
      '/',
      '^',
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '\\{',
      '\\}',
      '\\frac',
      '\\sqrt',
      '\\pi',
      'x',
      'y',
      'cm',
      '%',
      '\\cup',
      '=',
      '!',
      '\\text{',
      '$',
      '\\left',
      '°',
      '½',
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));
const integer = fc.bigInt({ min: -1000n, max: 1000n });
const fraction = fc.tuple(integer, fc.bigInt({ min: 1n, max: 60n }));
const spelling = fc.constantFrom(
  (p: bigint, q: bigint) => `${p}/${q}`,
  (p: bigint, q: bigint) => `\\frac{${p}}{${q}}`,
  (p: bigint, q: bigint) => (p < 0n ? `-\\dfrac{${-p}}{${q}}` : `$\\tfrac{${p}}{${q}}$`),
  (p: bigint, q: bigint) => ` \\left( \\frac {${p}} {${q}} \\right) .`,
  (p: bigint, q: bigint) => `x = ${3n * p}/${3n * q}`,
);

describe('compareAnswers', () => {
  it('matches cross-multiplication on fractions in any notation', () => {
    fc.assert(
      fc.property(fraction, fraction, spelling, spelling, ([p, q], [r, s], one, other) => {
        expect(compareAnswers(one(p, q), other(r, s)).verdict).toBe(p * s === r * q ? 'equal' : 'different');
        expect(compareAnswers(one(p, q), other(2n * p, 2n * q)).verdict).toBe('equal');
      }),
    );
  });

  it('matches integer comparison', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(compareAnswers(String(a), String(b)).verdict).toBe(a === b ? 'equal' : 'different');
      }),
    );
  });

  it('is symmetric, and reflexive except for blanks', () => {
    fc.assert(
      fc.property(scribble, scribble, (a, b) => {
        for (const comparer of [undefined, exact])
          expect(compareAnswers(a, b, voting, comparer).verdict).toBe(compareAnswers(b, a, voting, comparer).verdict);
        expect(compareAnswers(a, a).verdict).toBe(canonicalKey(a) === null ? 'different' : 'equal');
      }),
      { numRuns: 1000 },
    );
  });

  it('finds unequal polynomials different and equal ones equal', () => {
    const small = fc.integer({ min: -9, max: 9 });
    fc.assert(
      fc.property(small, small, small, small, (a, b, c, d) => {
        const product = `(${a}x+${b})(${c}x+${d})`.replaceAll('+-', '-');
        const expanded = `${a * c}x^2+${a * d + b * c}x+${b * d}`.replaceAll('+-', '-');
        expect(compareAnswers(product, expanded, voting, exact).verdict).toBe('equal');
        expect(compareAnswers(product, `${expanded}+1`, voting, exact).verdict).toBe('different');
      }),
    );
  });
});

interface OracleCase {
  a: string;
  b: string;
  equal: boolean;
}
const oracle: OracleCase[] = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/answers/sympy.json', import.meta.url), 'utf8'),
);

describe('compareByForm', () => {
  it('matches SymPy on sums, products and powers of fractions, roots, π and variables', () => {
    const wrong = oracle.filter(
      ({ a, b, equal }) => compareAnswers(a, b, voting, exact).verdict !== (equal ? 'equal' : 'different'),
    );
    expect(oracle).toHaveLength(400);
    expect(wrong).toEqual([]);
  });
});

describe('normalizeAnswer', () => {
  it('keeps the sign, the digits and the order of tuples', () => {
    expect(normalizeAnswer(' $ -1,234.50 $. ')).toBe('-1234.50');
    expect(normalizeAnswer('\\left( 1 , 200 \\right)')).toBe('(1,200)');
    expect(normalizeAnswer('\\text{The East Side}')).toBe('east side');
    expect(normalizeAnswer('3\\text{ m}')).toBe('3 meter');
    expect(normalizeAnswer('\u202e12\u200b')).toBe('12');
  });
});

describe('rationalKey', () => {
  it.each([
    ['28\\%', '7/25'],
    ['-0.125', '-1/8'],
    ['\u22121\\frac{1}{2}', '-3/2'],
    ['6.02\\times10^{3}', '6020/1'],
    ['0.\\overline{142857}', '1/7'],
    ['-0', '0/1'],
  ])('reads %s', (text, key) => {
    expect(rationalKey(text)).toBe(key);
  });

  it.each([
    '1/0',
    '',
    'NaN',
    '.',
    '-',
    '1..2',
    '2\\frac{3}{2}',
    '1e99999',
    '10^{10001}',
    '9'.repeat(257),
    '\\frac{}{}',
    '1/2/3',
    '0x10',
  ])('returns null for %s', (text) => {
    expect(rationalKey(text)).toBeNull();
  });
});
