import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exampleScales } from './aggregate.ts';

/** Made by test/fixtures/make/grpo.py. */
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  aggregations: { values: number[][]; 'token-mean': number; 'sequence-mean': number }[];
};

describe('exampleScales', () => {
  it.each(fixture.aggregations)('reduces a batch as PyTorch does, case %#', (batch) => {
    const lengths = batch.values.map((row) => row.length);
    for (const mode of ['token-mean', 'sequence-mean'] as const) {
      const scales = exampleScales(lengths, mode);
      const loss = batch.values.flatMap((row, i) => row.map((value) => value * scales[i])).reduce((a, b) => a + b, 0);
      expect(loss).toBeCloseTo(batch[mode], 12);
    }
  });

  it('weighs tokens alike, or completions alike', () => {
    expect([...exampleScales([1, 3], 'token-mean')]).toEqual([1 / 4, 1 / 4]);
    expect([...exampleScales([1, 3], 'sequence-mean')]).toEqual([1 / 2, 1 / 6]);
  });

  it('gives an empty completion no weight', () => {
    expect([...exampleScales([0, 2], 'sequence-mean')]).toEqual([0, 1 / 4]);
    expect([...exampleScales([0, 0], 'token-mean')]).toEqual([0, 0]);
    expect(exampleScales([], 'token-mean')).toHaveLength(0);
  });
});
