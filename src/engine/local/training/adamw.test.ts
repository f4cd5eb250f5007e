import { describe, expect, it } from 'vitest';

import { adamwUpdate, globalNorm } from './adamw.ts';

// test/fixtures/make/adamw.py
const TORCH = [0.775243761, -1.917524332, 0.380383007];

const OPTIONS = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 0 };

describe('adamwUpdate', () => {
  it('equals torch.optim.AdamW over three steps', () => {
    const weights = Float32Array.of(1, -2, 0.5);
    const moments = { first: new Float32Array(3), second: new Float32Array(3) };
    const gradients = [
      [0.1, -0.2, 0.3],
      [0.4, 0.1, -0.3],
      [-0.2, 0.5, 0.2],
    ];
    gradients.forEach((gradient, at) => adamwUpdate(weights, Float32Array.from(gradient), moments, OPTIONS, at + 1, 1));
    TORCH.forEach((value, at) => expect(weights[at]).toBeCloseTo(value, 6));
  });

  it('scales the gradient as given', () => {
    const run = (gradient: number, scale: number): number => {
      const weights = Float32Array.of(1);
      const moments = { first: new Float32Array(1), second: new Float32Array(1) };
      adamwUpdate(weights, Float32Array.of(gradient), moments, { ...OPTIONS, epsilon: 1 }, 1, scale);
      return weights[0];
    };
    expect(run(4, 0.25)).toBeCloseTo(run(1, 1), 7);
  });
});

describe('globalNorm', () => {
  it('is the Euclidean norm over all arrays', () => {
    expect(globalNorm([Float32Array.of(3), Float32Array.of(0, 4)])).toBeCloseTo(5, 6);
  });
});
