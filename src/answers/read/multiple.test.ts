import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../compare/equal.ts';
import { parseMultiple } from './multiple.ts';
import { normalizeAnswer } from './normalize.ts';

describe('parseMultiple', () => {
  it.each([
    ['2\\sqrt{3}', '2/1', '√3'],
    ['\\sqrt8', '2/1', '√2'],
    ['-\\frac{\\sqrt{2}}{2}', '-1/2', '√2'],
    ['\\frac{1}{\\sqrt{2}}', '1/2', '√2'],
    ['\\dfrac{3}{4} \\sqrt{12}', '3/2', '√3'],
    ['0.5\\pi', '1/2', 'pi'],
    ['3\\pi/4', '3/4', 'pi'],
    ['\\frac{\\pi}2', '1/2', 'pi'],
    ['\\sqrt{16}', '4/1', '1'],
    ['5\\sqrt{0}', '0/1', '1'],
    ['0\\pi', '0/1', '1'],
  ])('reads %s', (text, value, of) => {
    const found = parseMultiple(normalizeAnswer(text));
    expect(found).toMatchObject({ of });
    expect(`${found?.value.p}/${found?.value.q}`).toBe(value);
  });

  it.each([
    '\\sqrt{2}+1',
    '\\sqrt{-2}',
    '\\sqrt[3]{2}',
    '\\sqrt{x}',
    '2\\pi r',
    '\\pi^2',
    '\\frac{1}{\\sqrt{0}}',
    '\\pi/0',
    '\\sqrt{12',
    '1',
  ])('returns null for %s', (text) => {
    expect(parseMultiple(normalizeAnswer(text))).toBeNull();
  });

  it('matches squaring', () => {
    const part = fc.tuple(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 200 }),
      fc.integer({ min: 1, max: 30 }),
    );
    fc.assert(
      fc.property(part, part, ([a, m, c], [b, n, d]) => {
        const [one, other] = [`\\frac{${a}\\sqrt{${m}}}{${c}}`, `\\frac{${b}}{${d}}\\sqrt{${n}}`];
        const same = a * a * m * d * d === b * b * n * c * c;
        expect(compareAnswers(one, other).verdict).toBe(same ? 'equal' : 'different');
      }),
    );
  });
});
