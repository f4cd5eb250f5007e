import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clusterShares } from './repetition.ts';

interface Case {
  texts: string[];
  threshold: number;
  labels: number[];
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../test/fixtures/text/repetition.json', import.meta.url), 'utf8'),
);

describe('clusterShares', () => {
  it('returns the shares that NLTK and scikit-learn return together', () => {
    for (const { texts, threshold, labels } of cases) {
      const { shares, clusters } = clusterShares(texts, threshold);
      const expected = labels.map((label) => labels.filter((other) => other === label).length / texts.length);
      expect(Array.from(shares), `${texts.length} texts at ${threshold}`).toEqual(expected);
      expect(clusters).toBe(new Set(labels).size);
    }
  });

  it('breaks exact ties and near ties in the last bit as they do', () => {
    const ties: { texts: string[]; labels: Record<string, number[]> }[] = JSON.parse(
      readFileSync(new URL('../../test/fixtures/text/ties.json', import.meta.url), 'utf8'),
    );
    expect(ties.length).toBeGreaterThan(40);
    for (const { texts, labels } of ties) {
      for (const [threshold, expected] of Object.entries(labels)) {
        const numbers = [...new Set(expected)];
        expect(
          Array.from(clusterShares(texts, Number(threshold)).labels),
          `${texts.length} texts at ${threshold}`,
        ).toEqual(expected.map((label) => numbers.indexOf(label)));
      }
    }
  });

  it('keeps identical one-word and empty texts separate, as smoothed BLEU does', () => {
    expect(clusterShares(['x', 'x', '', ''], 0.5).clusters).toBe(4);
  });

  it('accepts an empty batch', () => {
    expect(clusterShares([], 0.5)).toEqual({ shares: new Float64Array(0), labels: new Int32Array(0), clusters: 0 });
  });
});
