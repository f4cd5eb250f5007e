import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DamagedValue } from '../failures.ts';
import { floatBlob, floatLists, tokenBlob, tokenLists } from './token-blobs.ts';

const tokens = fc.array(fc.nat({ max: 0x7fffffff })).map((list) => Int32Array.from(list));
const floats = fc.array(fc.float({ noNaN: true })).map((list) => Float32Array.from(list));

describe('tokens', () => {
  it('take one byte below 128, two below 16384, three below 2097152', () => {
    const bytes = [...tokenBlob([Int32Array.of(0, 127, 128, 16383, 16384), Int32Array.of()])];
    expect(bytes).toEqual([5, 0, 127, 0x80, 1, 0xff, 0x7f, 0x80, 0x80, 1, 0]);
  });

  it('are the same after decoding', () => {
    fc.assert(
      fc.property(fc.array(tokens), (lists) => {
        expect(tokenLists(tokenBlob(lists))).toEqual(lists);
      }),
    );
  });

  it('that are damaged are refused', () => {
    const whole = tokenBlob([Int32Array.of(300, 5)]);
    for (let end = 1; end < whole.length; end++) expect(() => tokenLists(whole.slice(0, end))).toThrow(DamagedValue);
    expect(() => tokenLists(Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0))).toThrow(/a token is too large/);
    expect(() => tokenLists(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f))).toThrow(/tokens end early/);
  });
});

describe('log-probabilities', () => {
  it('are little-endian float32 numbers', () => {
    expect([...floatBlob([Float32Array.of(-0.5), Float32Array.of(1)])]).toEqual([0, 0, 0, 0xbf, 0, 0, 0x80, 0x3f]);
  });

  it('are the same after decoding, also at an odd offset in memory', () => {
    fc.assert(
      fc.property(fc.array(floats), (lists) => {
        const blob = floatBlob(lists);
        const shifted = new Uint8Array(blob.length + 1).subarray(1);
        shifted.set(blob);
        const lengths = lists.map(({ length }) => length);
        expect(floatLists(shifted, lengths)).toEqual(lists);
        expect(() => floatLists(shifted, [...lengths, 1])).toThrow(DamagedValue);
      }),
    );
  });
});
