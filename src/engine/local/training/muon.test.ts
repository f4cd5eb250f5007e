import { describe, expect, it } from 'vitest';

import { Random } from '../../../random.ts';
import { Muon } from './muon.ts';

/** Computes the Gram matrix on the small side. Near the identity, all singular values are near 1. */
function gram(data: Float32Array, rows: number, columns: number): number[][] {
  const [small, at] =
    rows <= columns
      ? [rows, (i: number, k: number) => data[i * columns + k]]
      : [columns, (i: number, k: number) => data[k * columns + i]];
  const long = Math.max(rows, columns);
  return Array.from({ length: small }, (_, i) =>
    Array.from({ length: small }, (_unused, j) => {
      let sum = 0;
      for (let k = 0; k < long; k++) sum += at(i, k) * at(j, k);
      return sum;
    }),
  );
}

describe.each([
  [6, 20],
  [20, 6],
  [8, 8],
])('Muon on %i × %i', (rows, columns) => {
  it('moves every matrix of the batch by an almost orthogonal step', async () => {
    const random = new Random(rows * 100 + columns);
    const matrices = Array.from({ length: 3 }, () => ({
      weights: new Float32Array(rows * columns),
      gradient: Float32Array.from({ length: rows * columns }, () => random.normal()),
      momentum: new Float32Array(rows * columns),
    }));
    const muon = new Muon(1);
    await muon.update(matrices, [rows, columns], { learningRate: 1, momentum: 0.95, weightDecay: 0 }, 1);
    await muon.close();
    const factor = Math.max(1, rows / columns);
    for (const { weights, gradient } of matrices) {
      const trace = gram(weights, rows, columns).map((row, i) => row[i] / factor);
      for (const value of trace) {
        expect(value).toBeGreaterThan(0.3);
        expect(value).toBeLessThan(1.6);
      }
      const descent = weights.reduce((sum, value, i) => sum + value * gradient[i], 0);
      expect(descent).toBeLessThan(0);
    }
  });
});
