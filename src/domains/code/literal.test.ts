import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalArguments, canonicalData } from './literal.ts';

describe('plain data', () => {
  it.each([
    ['1.0', '1'],
    ['0x10', '16'],
    ['1e3', '1000'],
    ['-0', '0'],
    ['+5', '5'],
    ['- 5', '-5'],
    ['NaN', 'NaN'],
    ['-NaN', 'NaN'],
    ['-Infinity', '-Infinity'],
    ['10n', '10n'],
    ['-10n', '-10n'],
    ["'it\\'s'", '"it\'s"'],
    ['`a\nb`', '"a\\nb"'],
    ['"\u2028"', '"\\u2028"'],
    ['"\\ud800"', '"\\ud800"'],
    ['undefined', 'undefined'],
    ['null', 'null'],
    ['[1,,2]', '[1, undefined, 2]'],
    ['[1, 2, ]', '[1, 2]'],
    ['{}', '{}'],
    ['{b: 1, "a": [true]}', '{"a": [true], "b": 1}'],
    ['{1: 2}', '{"1": 2}'],
    ['{a: 1, a: 2}', '{"a": 2}'],
    ['{["__proto__"]: 1}', '{["__proto__"]: 1}'],
    [' (5) ; ', '5'],
    ['5 // five', '5'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalData(text)).toBe(canonical);
    expect(canonicalData(canonical)).toBe(canonical);
  });

  it.each([
    '',
    'x',
    'f(1)',
    '1 + 1',
    '1, 2',
    '1] , [2',
    '1]; globalThis.seen = 1; [2',
    '(1, 2)',
    '-"5"',
    '!0',
    '+10n',
    '--5',
    'typeof 1',
    '`${1}`',
    '/a/',
    '() => 1',
    'new Date()',
    '{__proto__: 1}',
    '{"__proto__": 1}',
    '{get a() { return 1; }}',
    '{a() {}}',
    '{a}',
    '{...{}}',
    '[...[]]',
    '{[1 + 1]: 1}',
    'this',
    '"unfinished',
    '"two\nlines"',
    '[1',
    '/* open',
    '\0',
    '['.repeat(50) + ']'.repeat(50),
    '['.repeat(10_000),
    `"${'x'.repeat(5000)}"`,
  ])('is not %j', (text) => {
    expect(canonicalData(text)).toBeNull();
  });

  it('differs where its values differ', () => {
    const different = [
      '0',
      'null',
      'undefined',
      'NaN',
      'false',
      '""',
      '"0"',
      '0n',
      '[]',
      '{}',
      '[0]',
      '{a: undefined}',
      '[undefined]',
      '[[]]',
    ];
    expect(new Set(different.map(canonicalData)).size).toBe(different.length);
  });

  it('is JSON up to the order of keys and spaces', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(text.length < 1500 && !text.includes('__proto__'));
        const canonical = canonicalData(text);
        expect(canonical).not.toBeNull();
        expect(JSON.parse(canonical ?? '')).toEqual(JSON.parse(text, (_, one: unknown) => (one === 0 ? 0 : one)));
        expect(canonical).not.toMatch(/[\n\r\u2028\u2029]/);
      }),
    );
  });

  it('of any text is canonical or null', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const canonical = canonicalData(text);
        if (canonical !== null) expect(canonicalData(canonical)).toBe(canonical);
      }),
    );
  });
});

it('reads argument lists, which may be empty', () => {
  expect(canonicalArguments(' 3,[1,2] ,"a, b"')).toBe('3, [1, 2], "a, b"');
  expect(canonicalArguments('')).toBe('');
  expect(canonicalArguments('3, x')).toBeNull();
  expect(canonicalArguments('3) + (4')).toBeNull();
});
