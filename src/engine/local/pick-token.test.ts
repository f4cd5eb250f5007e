import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { argmax, pickToken, tokenUniform } from './pick-token.ts';

const rows = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 2, maxLength: 100 }).map((logits) => {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return Float32Array.from(logits, (logit) => logit - total);
});
const uniforms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const plain = { maxTokens: 1, temperature: 1, topP: 1, topK: 0 };

/** Shares of tokens over an even sweep of uniform numbers. */
function shares(row: Float32Array, options: typeof plain, draws = 20_000): number[] {
  const counts = Array.from(row, () => 0);
  for (let i = 0; i < draws; i++) counts[pickToken(row, options, (i + 0.5) / draws)]++;
  return counts.map((count) => count / draws);
}

describe('pickToken', () => {
  it('draws by the distribution', () => {
    const row = Float32Array.of(0.5, 0.3, 0.2).map(Math.log);
    expect(shares(row, plain).map((share) => Math.round(share * 1000) / 1000)).toEqual([0.5, 0.3, 0.2]);
  });

  it('sharpens with temperature', () => {
    const row = Float32Array.of(0.8, 0.2).map(Math.log);
    const [first] = shares(row, { ...plain, temperature: 0.5 });
    expect(first).toBeCloseTo(0.64 / (0.64 + 0.04), 3);
  });

  it('keeps the smallest nucleus that reaches top-p', () => {
    const row = Float32Array.of(0.1, 0.5, 0.3, 0.1).map(Math.log);
    const found = shares(row, { ...plain, topP: 0.75 });
    expect(found[0]).toBe(0);
    expect(found[3]).toBe(0);
    expect(found[1]).toBeCloseTo(0.625, 3);
  });

  it('takes the argmax at temperature 0', () => {
    fc.assert(fc.property(rows, uniforms, (row, u) => pickToken(row, { ...plain, temperature: 0 }, u) === argmax(row)));
  });

  it('never leaves the top k, and k = 1 is greedy', () => {
    fc.assert(
      fc.property(rows, uniforms, fc.integer({ min: 1, max: 80 }), (row, u, topK) => {
        const token = pickToken(row, { ...plain, topK }, u);
        const better = row.filter((value) => value > row[token]).length;
        return better < topK;
      }),
    );
  });

  it('gives an index inside the row for every option', () => {
    const options = fc.record({
      temperature: fc.double({ min: 0.05, max: 3, noNaN: true }),
      topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
      topK: fc.integer({ min: 0, max: 120 }),
    });
    fc.assert(
      fc.property(rows, uniforms, options, (row, u, given) => {
        const token = pickToken(row, { maxTokens: 1, ...given }, u);
        return Number.isInteger(token) && token >= 0 && token < row.length;
      }),
    );
  });
});

describe('tokenUniform', () => {
  it('is uniform along each of its arguments', () => {
    for (const draw of [
      (i: number) => tokenUniform(i, 0, 0),
      (i: number) => tokenUniform(1, i, 0),
      (i: number) => tokenUniform(1, 0, i),
    ]) {
      const bins = Array.from({ length: 10 }, () => 0);
      for (let i = 0; i < 20_000; i++) bins[Math.floor(draw(i) * 10)]++;
      for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(250);
    }
  });
});
