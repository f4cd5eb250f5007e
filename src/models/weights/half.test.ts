import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16 } from './half.ts';

// test/fixtures/make/models.py
const { rounding } = JSON.parse(
  await readFile(new URL('../../../test/fixtures/models/dtypes.json', import.meta.url), 'utf8'),
) as { rounding: { float32: number[]; bfloat16: number[]; float16: number[] } };

test('rounds to bfloat16 as PyTorch does', () => {
  const values = new Float32Array(Uint32Array.from(rounding.float32).buffer);
  const bits = new Uint16Array(values.length);
  narrowBfloat16(values, bits);
  expect([...bits]).toEqual(rounding.bfloat16);
});

test('rounds to float16 as PyTorch does', () => {
  const values = new Float32Array(Uint32Array.from(rounding.float32).buffer);
  const bits = new Uint16Array(values.length);
  narrowFloat16(values, bits);
  expect([...bits]).toEqual(rounding.float16);
});

test('round-trips every float16, NaN as NaN', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const wide = new Float32Array(all.length);
  widenFloat16(all, wide);
  const back = new Uint16Array(all.length);
  narrowFloat16(wide, back);
  const wrong = [...all].filter((bits) =>
    Number.isNaN(wide[bits]) ? (back[bits] & 0x7fff) <= 0x7c00 : back[bits] !== bits,
  );
  expect(wrong).toEqual([]);
});

test('round-trips every bfloat16, NaN as NaN', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const wide = new Float32Array(all.length);
  widenBfloat16(all, wide);
  const back = new Uint16Array(all.length);
  narrowBfloat16(wide, back);
  const wrong = [...all].filter((bits) =>
    Number.isNaN(wide[bits]) ? (back[bits] & 0x7fff) <= 0x7f80 : back[bits] !== bits,
  );
  expect(wrong).toEqual([]);
});

test('keeps a signalling NaN with a payload in the low bits as NaN', () => {
  const values = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff).buffer);
  const bits = new Uint16Array(3);
  narrowBfloat16(values, bits);
  const wide = new Float32Array(3);
  widenBfloat16(bits, wide);
  expect([...wide]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test('rounds to bfloat16 within half a unit in the last place', () => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(-1e30), max: Math.fround(1e30), noNaN: true }), (value) => {
      const bits = new Uint16Array(1);
      const wide = new Float32Array(1);
      narrowBfloat16(Float32Array.of(value), bits);
      widenBfloat16(bits, wide);
      expect(Math.abs(wide[0] - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 2 ** -8, 2 ** -134));
    }),
  );
});

test('covers zero of both signs, subnormals, the largest value, infinity and NaN in float16', () => {
  const out = new Float32Array(8);
  widenFloat16(Uint16Array.of(0x0000, 0x8000, 0x0001, 0x83ff, 0x3c00, 0x7bff, 0xfc00, 0x7e00), out);
  expect([...out]).toEqual([0, -0, 2 ** -24, -1023 * 2 ** -24, 1, 65504, -Infinity, Number.NaN]);
});
