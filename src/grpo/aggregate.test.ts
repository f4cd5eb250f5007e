import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AggregationDials, exampleScales } from './aggregate.ts';

/** Made by test/fixtures/make/grpo.py. */
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  aggregations: { values: number[][]; 'token-mean': number; 'sequence-mean': number }[];
};

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

/** Scales of a step's mini-batches, in order. */
function scalesOf(
  batches: number[][],
  aggregation: AggregationDials['aggregation'],
  dials: Partial<AggregationDials> = {},
): number[][] {
  const step = { tokens: sum(batches.flat()), updates: batches.length };
  const all = { aggregation, microBatch: 1, maxTokens: 8, ...dials };
  return batches.map((batch) => [...exampleScales(batch, all, step)]);
}

describe('exampleScales', () => {
  it.each(fixture.aggregations)('reduces a batch as PyTorch does, case %#', (batch) => {
    const lengths = batch.values.map((row) => row.length);
    for (const mode of ['token-mean', 'sequence-mean'] as const) {
      const [scales] = scalesOf([lengths], mode);
      const loss = sum(batch.values.flatMap((row, i) => row.map((value) => value * scales[i])));
      expect(loss).toBeCloseTo(batch[mode], 12);
    }
  });

  it('weighs tokens alike, or completions alike, in a mini-batch', () => {
    expect(scalesOf([[1, 3]], 'token-mean')).toEqual([[1 / 4, 1 / 4]]);
    expect(scalesOf([[1, 3]], 'sequence-mean')).toEqual([[1 / 2, 1 / 6]]);
  });

  it('weighs tokens alike over the whole step, however its mini-batches are cut', () => {
    const batches = [
      [1, 3],
      [5, 7],
    ];
    expect(scalesOf(batches, 'token-mean')).toEqual([Array(2).fill(1 / 4), Array(2).fill(1 / 12)]);
    expect(scalesOf(batches, 'step-token-mean').flat()).toEqual(Array(4).fill(2 / 16));
    expect(scalesOf([batches.flat()], 'step-token-mean')).toEqual(scalesOf([batches.flat()], 'token-mean'));
  });

  it('divides by one length for all, so that a long completion is not made lighter', () => {
    expect(scalesOf([[1, 3]], 'fixed-length', { maxTokens: 10 })).toEqual([[1 / 20, 1 / 20]]);
  });

  it('means over micro-batches: by completion for 1, by token for all, and in between its size matters', () => {
    const lengths = [1, 3, 2, 6];
    const micro = (microBatch: number): number[][] => scalesOf([lengths], 'micro-batch-mean', { microBatch });
    expect(micro(1)).toEqual(scalesOf([lengths], 'sequence-mean'));
    expect(micro(4)).toEqual(scalesOf([lengths], 'token-mean'));
    expect(micro(2)).toEqual([[1 / 8, 1 / 8, 1 / 16, 1 / 16]]);
    expect(micro(3)).toEqual([[1 / 12, 1 / 12, 1 / 12, 1 / 12]]);
  });

  it('reduces equal losses to that loss, in every mode but the fixed length', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 });
    const modes = ['token-mean', 'step-token-mean', 'sequence-mean', 'micro-batch-mean'] as const;
    fc.assert(
      fc.property(lengths, fc.constantFrom(...modes), fc.integer({ min: 1, max: 4 }), (tokens, mode, microBatch) => {
        const [scales] = scalesOf([tokens], mode, { microBatch });
        expect(sum(scales.map((scale, i) => scale * tokens[i]))).toBeCloseTo(1, 12);
      }),
    );
  });

  it('gives an empty completion no weight', () => {
    expect(scalesOf([[0, 2]], 'sequence-mean')).toEqual([[0, 1 / 4]]);
    expect(scalesOf([[0, 2]], 'fixed-length')).toEqual([[0, 1 / 16]]);
    for (const mode of ['token-mean', 'step-token-mean', 'micro-batch-mean'] as const) {
      expect(scalesOf([[0, 0]], mode)).toEqual([[0, 0]]);
      expect(scalesOf([[]], mode)).toEqual([[]]);
    }
  });
});
