import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { SamplingOptions } from '../../engine.ts';
import { argmax } from './argmax.ts';
import { pickToken, tokenUniform } from './pick-token.ts';

const rows = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 2, maxLength: 100 }).map((logits) => {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return Float32Array.from(logits, (logit) => logit - total);
});
// Same values as `tokenUniform`; none is closer to 1.
const uniforms = fc.nat(0xffffffff).map((value) => value / 2 ** 32);
const plain: SamplingOptions = { maxTokens: 1, temperature: 1, topP: 1, topK: 0 };

/** Shares of tokens over an even sweep of uniform numbers. */
function shares(row: Float32Array, options: SamplingOptions, draws = 20_000): number[] {
  const counts = Array.from(row, () => 0);
  for (let i = 0; i < draws; i++) counts[pickToken(row, options, (i + 0.5) / draws)]++;
  return counts.map((count) => count / draws);
}

/** The tokens that min-p, top-k and top-p keep, found by sorting the whole row. */
function keptBySorting(
  row: Float32Array,
  { temperature, topP, topK, minP }: { temperature: number; topP: number; topK: number; minP: number },
): number[] {
  const order = [...row.keys()].toSorted((a, b) => row[b] - row[a] || a - b);
  const weight = (token: number): number => Math.exp((row[token] - row[order[0]]) / temperature);
  const likely = order.filter((token) => weight(token) >= minP).slice(0, topK > 0 ? topK : row.length);
  const total = likely.reduce((sum, token) => sum + weight(token), 0);
  let mass = 0;
  return likely.filter((token) => {
    const inside = topP >= 1 || mass < topP * total;
    mass += weight(token);
    return inside;
  });
}

/** Made by test/fixtures/make/top_p.py. */
const ties = JSON.parse(readFileSync(new URL('../../../../test/fixtures/top-p.json', import.meta.url), 'utf8')) as {
  name: string;
  logits: number[];
  topP: number;
  /** Logits of the tokens that are kept, highest first. */
  kept: number[];
}[];

/** The tokens that can be drawn at all, in order. */
function drawn(row: Float32Array, options: SamplingOptions): number[] {
  return shares(row, options, 4000).flatMap((share, token) => (share > 0 ? [token] : []));
}

function rowOf(logits: readonly number[]): Float32Array {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return Float32Array.from(logits, (logit) => logit - total);
}

describe('pickToken', () => {
  it('draws with the probabilities of the distribution', () => {
    const row = Float32Array.of(0.5, 0.3, 0.2).map(Math.log);
    expect(shares(row, plain).map((share) => Math.round(share * 1000) / 1000)).toEqual([0.5, 0.3, 0.2]);
  });

  it('sharpens the distribution with temperature', () => {
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

  it.each(ties)(
    'stops where top-p is reached exactly, as transformers does: $name, $topP',
    ({ logits, topP, kept }) => {
      // A short list is sorted, a long one is counted into bins: both have to stop at the same token.
      for (const topK of logits.length > 64 ? [0] : [0, 64]) {
        const found = drawn(rowOf(logits), { ...plain, topP, topK });
        const values = found.map((token) => logits[token]).toSorted((a, b) => b - a);
        expect(values, `top-k ${topK}`).toEqual(kept);
      }
    },
  );

  it('stops between two likelihoods where the likelier tokens reach top-p exactly', () => {
    // At this temperature one unit of log-probability halves a token's weight, without a rounding.
    const options = { ...plain, temperature: 1 / Math.LN2, topP: 0.5 };
    for (const size of [4, 64]) {
      const likelier = Array.from({ length: size }, (_, token) => token);
      const row = rowOf([...Array<number>(size).fill(0), ...Array<number>(2 * size).fill(-1)]);
      expect(drawn(row, options)).toEqual(likelier);
      expect(drawn(row, { ...options, topK: 3 * size })).toEqual(likelier);
    }
  });

  it('keeps the tokens with the lowest ids among equals at the end of the nucleus', () => {
    for (const size of [8, 128]) {
      const kept = Array.from({ length: size / 4 }, (_, token) => token);
      expect(drawn(rowOf(Array<number>(size).fill(0)), { ...plain, topP: 0.25 })).toEqual(kept);
    }
  });

  it('returns the argmax at temperature 0', () => {
    fc.assert(fc.property(rows, uniforms, (row, u) => pickToken(row, { ...plain, temperature: 0 }, u) === argmax(row)));
  });

  it('never leaves the top k, and is greedy for k = 1', () => {
    fc.assert(
      fc.property(rows, uniforms, fc.integer({ min: 1, max: 80 }), (row, u, topK) => {
        const token = pickToken(row, { ...plain, topK }, u);
        const better = row.filter((value) => value > row[token]).length;
        return better < topK;
      }),
    );
  });

  it('keeps the tokens that pass min-p', () => {
    const row = Float32Array.of(0.5, 0.26, 0.14, 0.1).map(Math.log);
    const found = shares(row, { ...plain, minP: 0.5 });
    expect(found.map((share) => Math.round(share * 100) / 100)).toEqual([0.66, 0.34, 0, 0]);
    expect(shares(row, { ...plain, minP: 0.5, topK: 1 })).toEqual([1, 0, 0, 0]);
  });

  it('draws as from the sorted list, for any list length', () => {
    const options = fc.record({
      temperature: fc.double({ min: 0.3, max: 3, noNaN: true }),
      topP: fc.constantFrom(0.30013, 0.70017, 0.95011, 1),
      topK: fc.constantFrom(0, 65, 90, 150),
      minP: fc.constantFrom(0, 0.01, 0.2),
    });
    const logits = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 80, maxLength: 300 });
    fc.assert(
      fc.property(logits, options, uniforms, (values, given, u) => {
        const total = Math.log(values.reduce((sum, value) => sum + Math.exp(value / 4), 0));
        const row = Float32Array.from(values, (value) => value / 4 - total);
        const kept = keptBySorting(row, given);
        const mass = kept.reduce((sum, token) => sum + Math.exp(row[token] / given.temperature), 0);
        const token = pickToken(row, { maxTokens: 1, ...given }, u);
        expect(kept).toContain(token);
        const ahead = kept.filter((other) => other < token);
        const before = ahead.reduce((sum, other) => sum + Math.exp(row[other] / given.temperature), 0) / mass;
        expect(u).toBeGreaterThan(before - 1e-6);
        expect(u).toBeLessThan(before + Math.exp(row[token] / given.temperature) / mass + 1e-6);
      }),
    );
  });

  it('draws the same with the mass of blocks', () => {
    fc.assert(
      fc.property(rows, uniforms, fc.integer({ min: 1, max: 30 }), (row, u, size) => {
        const mass = Float32Array.from({ length: Math.ceil(row.length / size) }, (_, block) =>
          row.subarray(block * size, (block + 1) * size).reduce((sum, value) => sum + Math.exp(value), 0),
        );
        // Above the sum of the rounded probabilities, the most likely token is returned.
        fc.pre(u < 1 - 1e-6);
        const token = pickToken(row, plain, u, { mass, size });
        const before = row.subarray(0, token).reduce((sum, value) => sum + Math.exp(value), 0);
        expect(u).toBeGreaterThan(before - 1e-6);
        expect(u).toBeLessThan(before + Math.exp(row[token]) + 1e-6);
      }),
    );
  });

  it('returns the last kept token for the largest uniform number', () => {
    const row = Float32Array.from({ length: 200 }, (_, at) => Math.log((1 + ((at * 37) % 11)) / 1200));
    const kept = keptBySorting(row, { temperature: 1, topP: 0.9, topK: 0, minP: 0 });
    expect(pickToken(row, { ...plain, topP: 0.9 }, 1 - 2 ** -53)).toBe(Math.max(...kept));
  });

  it('returns an index inside the row for every option', () => {
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
  it('keeps its numbers, those of murmur3’s finaliser over seed, sample and position', () => {
    const places = [
      [0, 0, 0],
      [7, 0, 0],
      [7, 1, 0],
      [7, 0, 1],
      [0xffffffff, 31, 4095],
    ];
    expect(places.map(([seed, sample, position]) => tokenUniform(seed, sample, position))).toEqual([
      0.21302590193226933, 0.928142370423302, 0.0754721793346107, 0.13057784060947597, 0.43058480881154537,
    ]);
  });

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
