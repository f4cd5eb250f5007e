import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readGguf } from '../../../test/fixtures/read-gguf.ts';
import { widenBfloat16, widenFloat16 } from '../../models/weights/half.ts';
import { BLOCK, encode, encodedBytes } from './encodings.ts';
import { type GgufTensor, writeGguf } from './gguf-file.ts';
import type { GgufValue } from './values.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-gguf-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const whole = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const value: fc.Arbitrary<GgufValue> = fc.oneof(
  whole.map((one): GgufValue => ({ type: 'uint32', value: one })),
  fc.integer().map((one): GgufValue => ({ type: 'int32', value: one })),
  fc.float({ noNaN: true }).map((one): GgufValue => ({ type: 'float32', value: one })),
  fc.boolean().map((one): GgufValue => ({ type: 'bool', value: one })),
  text.map((one): GgufValue => ({ type: 'string', value: one })),
  fc.array(text).map((list): GgufValue => ({ type: 'array', of: 'string', value: list })),
  fc.array(fc.integer()).map((list): GgufValue => ({ type: 'array', of: 'int32', value: list })),
);
const tensor = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom('float32', 'float16', 'bfloat16'),
  )
  .chain(([rows, columns, dtype]) =>
    fc
      .array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      })
      .map((numbers): Omit<GgufTensor, 'name'> => ({
        shape: [rows, columns],
        dtype: dtype as 'float32',
        data: Float32Array.from(numbers),
      })),
  );

describe('a GGUF file', () => {
  it('has the values and tensors that were written, in their order and aligned', async () => {
    const path = join(root, 'any.gguf');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, value), fc.array(tensor, { maxLength: 4 }), async (values, list) => {
        const tensors = list.map((one, at) => ({ ...one, name: `t.${at}` }));
        await writeGguf(path, new Map(Object.entries(values)), tensors);
        const bytes = readFileSync(path);
        const found = readGguf(bytes);
        expect([...found.metadata]).toEqual(Object.entries(values).map(([key, one]) => [key, one.value]));
        expect(found.tensors.map(({ name, dimensions }) => [name, dimensions])).toEqual(
          tensors.map(({ name, shape }) => [name, shape.toReversed()]),
        );
        for (const [at, { offset }] of found.tensors.entries()) {
          expect(offset % 32).toBe(0);
          const expected = encode(tensors[at].dtype, tensors[at].data);
          const start = found.data + offset;
          expect(bytes.subarray(start, start + expected.length).equals(expected)).toBe(true);
        }
        expect(bytes.length % 32).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the number formats', () => {
  it('are those of the 16-bit formats', () => {
    const values = Float32Array.of(1, -2.5, 3.140625, 0);
    const widened = (dtype: 'float16' | 'bfloat16'): number[] => {
      const bits = new Uint16Array(encode(dtype, values).slice().buffer);
      const out = new Float32Array(bits.length);
      (dtype === 'float16' ? widenFloat16 : widenBfloat16)(bits, out);
      return [...out];
    };
    expect(widened('float16')).toEqual([...values]);
    expect(widened('bfloat16')).toEqual([1, -2.5, 3.140625, 0]);
  });

  it('quantise a block of 32 numbers to within half a step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: BLOCK, maxLength: BLOCK }),
        (numbers) => {
          const values = Float32Array.from(numbers);
          const bytes = encode('q8_0', values).slice();
          expect(bytes.length).toBe(encodedBytes('q8_0', BLOCK));
          const scale = new Float32Array(1);
          widenFloat16(new Uint16Array(bytes.buffer.slice(0, 2)), scale);
          const steps = new Int8Array(bytes.buffer, 2);
          const largest = values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
          // The scale is rounded to 11 bits, which moves every number by at most its 2048th part.
          for (const [at, one] of values.entries())
            expect(Math.abs(steps[at] * scale[0] - one)).toBeLessThanOrEqual(largest / 127 / 2 + largest / 1024 + 1e-5);
        },
      ),
    );
    // By the reference of llama.cpp: the largest number is 127 steps, and halves go away from zero.
    const block = new Float32Array(BLOCK);
    block.set([127, -127, 0.5, -0.5, 1.4999, 63.5]);
    expect([...new Int8Array(encode('q8_0', block).slice().buffer, 2, 6)]).toEqual([127, -127, 1, -1, 1, 64]);
  });
});
