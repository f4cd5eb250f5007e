import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireFormatError } from '../format-error.ts';
import { parseJson } from './parse.ts';

describe('parseJson', () => {
  it('keeps integers beyond 2^53 apart', () => {
    expect(parseJson('{"seq_id":1000000000000000001,"next":1000000000000000002}')).toEqual({
      seq_id: 1_000_000_000_000_000_001n,
      next: 1_000_000_000_000_000_002n,
    });
    expect(parseJson('[9007199254740991, 9007199254740992, -9007199254740993]')).toEqual([
      9_007_199_254_740_991,
      9_007_199_254_740_992n,
      -9_007_199_254_740_993n,
    ]);
  });

  it('returns small integers and fractions as numbers, next to long integers', () => {
    expect(parseJson('[123456789012345678, 1, -0.0, 1e3, 0.12345678901234567890, 12345678901234567890.5]')).toEqual([
      123_456_789_012_345_678n,
      1,
      -0,
      1000,
      0.123_456_789_012_345_68,
      12_345_678_901_234_567_000,
    ]);
  });

  it('reads every integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (integer) => {
        const parsed = parseJson(`{"a":[${integer}]}`) as { a: [number | bigint] };
        expect(BigInt(parsed.a[0])).toBe(integer);
        expect(typeof parsed.a[0]).toBe(Number.isSafeInteger(Number(integer)) ? 'number' : 'bigint');
      }),
    );
  });

  it('reads other JSON as JSON.parse does, also through the exact parser', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        // Long integers differ on purpose.
        fc.pre(!/(?<![.\d])\d{16}/.test(text));
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(`[${text},"1234567890123456"]`)).toEqual([JSON.parse(text), '1234567890123456']);
      }),
    );
  });

  it('reads bytes', () => {
    expect(parseJson(new TextEncoder().encode('{"ü":1}'))).toEqual({ ü: 1 });
  });

  it.each<[reason: string, body: string | Uint8Array]>([
    ['nothing', ''],
    ['a cut body', '{"a":'],
    ['a page', '<html>'],
    ['a number that JSON does not have', '[NaN]'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['deep nesting', `${'['.repeat(100_000)}1234567890123456789`],
  ])('refuses %s', (_, body) => {
    expect(() => parseJson(body)).toThrow(WireFormatError);
  });
});
