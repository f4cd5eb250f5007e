import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMULA_LIMITS, splitMath } from './split-math.ts';

function formulas(text: string): string[] {
  return splitMath(text).flatMap(({ kind, source }) => (kind === 'text' ? [] : [`${kind}: ${source}`]));
}

describe('formulas', () => {
  it('are found by all four pairs of delimiters', () => {
    expect(formulas('a $x^2$ b $$y$$ c \\(z\\) d \\[w\\]')).toEqual([
      'line: x^2',
      'display: y',
      'line: z',
      'display: w',
    ]);
  });

  it.each([
    ['It costs $5 and $10.', []],
    ['The price is $5, so $x=5$.', ['line: x=5']],
    ['\\$5 and $a$', ['line: a']],
    ['$ a $', []],
    ['US$x$', []],
    ['$$$$ and $$', ['display:  and ']],
    ['\\\\(a\\)', []],
    ['$a\\$b$', ['line: a\\$b']],
    ['$a\nb$', []],
    ['open \\(a and $b$', ['line: b']],
  ])('%s', (text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  it('are limited in length and number', () => {
    const { characters, formulas: most } = FORMULA_LIMITS;
    expect(formulas(`$${'x'.repeat(characters)}$ $y$`)).toEqual(['line: y']);
    expect(formulas('$x$ '.repeat(most + 5))).toHaveLength(most);
    expect(formulas(`$${'x'.repeat(1900)}$ `.repeat(20))).toHaveLength(10);
  });

  it('and the plain parts together are the text', () => {
    const part = fc.constantFrom('$', '$$', '\\(', '\\)', '\\[', '\\]', '\\', ' ', 'x', '5', '\n', '{', '\u202e');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        expect(
          splitMath(text)
            .map(({ written }) => written)
            .join(''),
        ).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('are found in long texts without trying every pair of delimiters', () => {
    for (const text of ['\\('.repeat(100_000), '\\[a'.repeat(100_000), '$a '.repeat(100_000), '$\\a'.repeat(100_000)]) {
      expect(
        splitMath(text)
          .map(({ written }) => written)
          .join(''),
      ).toBe(text);
    }
  });
});
