import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { datum } from '../../../../../test/tinker/open-client.ts';
import { BYTES_PER_NUMBER, joinOutputs, splitData } from './chunks.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 });
const bytesOf = (chunk: readonly { tokens: Int32Array }[]): number =>
  chunk.reduce((sum, { tokens }) => sum + 3 * tokens.length * BYTES_PER_NUMBER, 0);

describe('chunks', () => {
  it('hold all datums in order, within both limits, and no fewer than they can', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5000 }),
        (sizes, datums, bytes) => {
          const data = sizes.map((size) => datum(...Array.from({ length: size }, (_, i) => i)));
          const chunks = splitData(data, { datums, bytes });
          expect(chunks.flat()).toEqual(data);
          for (const [i, chunk] of chunks.entries()) {
            expect(chunk.length).toBeLessThanOrEqual(datums);
            if (chunk.length > 1) expect(bytesOf(chunk)).toBeLessThanOrEqual(bytes);
            const next = chunks[i + 1]?.[0];
            if (next !== undefined) expect(chunk.length === datums || bytesOf([...chunk, next]) > bytes).toBe(true);
          }
        },
      ),
    );
  });
});

describe('joined results', () => {
  const part = (count: number, metrics: Record<string, number>) => ({
    outputType: 'scalar',
    logprobs: Array.from({ length: count }, () => Float32Array.of(count)),
    metrics,
  });

  it('keep the order, and reduce each metric by the ending of its name', () => {
    const all = { 'a:sum': 1, 'a:mean': 1, 'a:min': 1, 'a:max': 1, 'a:slack': 1, 'a:unique': 1, 'a:other': 1 };
    const more = { 'a:sum': 4, 'a:mean': 4, 'a:min': 4, 'a:max': 4, 'a:slack': 4, 'a:unique': 4, 'a:other': 4 };
    const joined = joinOutputs([part(1, { ...all, 'b:sum': 1 }), part(2, more)]);
    expect(joined.logprobs.map(([count]) => count)).toEqual([1, 2, 2]);
    expect(joined.metrics).toEqual({ 'a:sum': 5, 'a:mean': 3, 'a:min': 1, 'a:max': 4, 'a:slack': 1, 'a:unique': 1 });
  });

  it('of one chunk are unchanged', () => {
    const only = part(2, { 'a:other': 1 });
    expect(joinOutputs([only])).toBe(only);
  });
});
