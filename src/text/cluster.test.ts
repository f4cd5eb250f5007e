import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageLinkage, averageLinkageInPlace, condensedIndex } from './cluster.ts';

interface Case {
  n: number;
  distances: number[];
  threshold: number;
  labels: number[];
}
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../test/fixtures/text/clusters.json', import.meta.url), 'utf8'),
);

/** Renumbers labels by first appearance, so that partitions can be compared. */
function canonical(labels: readonly number[]): number[] {
  const seen = [...new Set(labels)];
  return labels.map((label) => seen.indexOf(label));
}

describe('averageLinkage', () => {
  it('matches the partitions of scikit-learn, including ties and thresholds', () => {
    expect(cases.length).toBeGreaterThan(50);
    for (const { n, distances, threshold, labels } of cases) {
      const ours = averageLinkage(Float64Array.from(distances), n, threshold);
      expect(Array.from(ours), `n=${n} threshold=${threshold}`).toEqual(canonical(labels));
    }
  });

  it('returns the same labels in place', () => {
    for (const { n, distances, threshold } of cases) {
      const inPlace = averageLinkageInPlace(Float64Array.from(distances), n, threshold);
      expect(inPlace).toEqual(averageLinkage(Float64Array.from(distances), n, threshold));
    }
  });

  it('accepts no points and one point', () => {
    expect(averageLinkage(new Float64Array(0), 0, 0.5).length).toBe(0);
    expect(Array.from(averageLinkage(new Float64Array(0), 1, 0.5))).toEqual([0]);
  });

  it('only merges more as the threshold grows, and does not modify its input', () => {
    const matrix = fc
      .integer({ min: 2, max: 12 })
      .chain((n) =>
        fc.tuple(
          fc.constant(n),
          fc.array(fc.integer({ min: 0, max: 20 }), { minLength: (n * (n - 1)) / 2, maxLength: (n * (n - 1)) / 2 }),
        ),
      );
    fc.assert(
      fc.property(matrix, fc.integer({ min: 0, max: 21 }), ([n, values], threshold) => {
        const distances = Float64Array.from(values);
        const fine = averageLinkage(distances, n, threshold);
        const coarse = averageLinkage(distances, n, threshold + 1);
        expect(Array.from(distances)).toEqual(values);
        const pairs = Array.from(fine, (label, i) => [coarse[fine.indexOf(label)], coarse[i]]);
        expect(pairs.every(([first, own]) => first === own)).toBe(true);
      }),
    );
  });
});

describe('condensedIndex', () => {
  it('counts the upper triangle row by row, for either order of the pair', () => {
    const pairs = [0, 1, 2].flatMap((i) => [1, 2, 3].filter((j) => j > i).map((j) => [i, j]));
    expect(pairs.map(([i, j]) => condensedIndex(4, i, j))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(condensedIndex(4, 3, 1)).toBe(condensedIndex(4, 1, 3));
  });
});
