import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastBoxed } from './extract.ts';
import { exceedsLimits, LIMITS } from '../limits.ts';

describe('lastBoxed', () => {
  it.each([
    ['so \\boxed{5}', '5'],
    ['\\boxed{1} and \\boxed{2}.', '2'],
    ['\\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
    ['\\boxed{\\{1,2\\}}', '\\{1,2\\}'],
    ['\\boxed{3} then \\boxed{4', null],
    ['\\boxed{3} then \\boxed{\\frac{1}{2', null],
    ['\\boxed{3} then \\boxed', null],
    ['\\boxed{3} then \\boxed{4 and \\boxed{5}', '5'],
    ['\\boxed{3} { then 4', '3'],
    ['<think>\\boxed{3}</think> \\boxed{4}', '4'],
    ['<think>\\boxed{3}</think> The answer is 4.', null],
    ['\\boxed{3}</think> So it is 4.', null],
    ['\\boxed{3}</think> \\boxed{4}', '4'],
    ['\\boxed{4} <think>or \\boxed{3}?</think>', '4'],
    ['\\boxed{4} <think>or \\boxed{3}', '4'],
    ['<think>a <think>b</think> \\boxed{3}</think> \\boxed{4}', '4'],
    ['<think>the tag <think> starts \\boxed{3}</think> \\boxed{4}', '4'],
    ['\\boxed{4} <Thinking>a <thinking>b</thinking> \\boxed{3}</Thinking>', '4'],
    ['<think>so \\boxed{3}', '3'],
    ['<think>so \\boxed{3}</think>\n', '3'],
    ['<think></think> \\boxed{4}', '4'],
    ['\\boxed{ \\boxed{5}', '5'],
    ['\\boxed{\\boxed{5}}', '5'],
    ['\\fbox{7}', '7'],
    ['\\boxed {8}', '8'],
    ['$\\boxed 9$', '9'],
    ['\\boxed{}', ''],
    ['} { \\boxed{a}b} }', 'a'],
    ['\\\\boxed{6}', null],
    ['\\boxed', null],
    ['\\boxedx{1}', null],
    ['none', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(lastBoxed(text)).toBe(expected);
  });

  it('finds balanced content at the end of any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z0-9 ]{0,20}$/), (before, content) => {
        const safe = before.replaceAll('\\', '');
        expect(lastBoxed(`${safe} \\boxed{{${content}}}`)).toBe(`{${content}}`);
      }),
    );
  });

  it('reads only the tail and rejects long content', () => {
    expect(lastBoxed(`\\boxed{1}${' '.repeat(70_000)}`)).toBeNull();
    expect(lastBoxed(`\\boxed{${'9'.repeat(LIMITS.characters)}}`)).toBe('9'.repeat(LIMITS.characters));
    expect(lastBoxed(`\\boxed{1} \\boxed{${'9'.repeat(LIMITS.characters + 1)}}`)).toBeNull();
  });
});

describe('exceedsLimits', () => {
  it.each([
    ['x'.repeat(LIMITS.characters + 1), 'characters'],
    ['{'.repeat(LIMITS.nesting + 1), 'nesting'],
    ['9'.repeat(LIMITS.digits + 1), 'digits'],
    ['2^{10001}', 'exponent'],
    ['2^ -10001', 'exponent'],
    ['1e10001', 'exponent'],
    ['10001!', 'factorial'],
    ['1+'.repeat(257), 'nodes'],
    ['9'.repeat(LIMITS.digits), null],
    ['2^{10000}', null],
    ['(('.repeat(32) + '))'.repeat(32), null],
  ])('%.20s', (text, reason) => {
    expect(exceedsLimits(text)).toBe(reason);
  });
});
