import { describe, expect, it } from 'vitest';
import { type DecoderConfig, parameterCount } from './decoder-config.ts';

const decoder: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 8,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediate: 16,
  vocabulary: 32,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};

describe('parameterCount', () => {
  it('counts every tensor of a decoder', () => {
    // Per layer: norms 8 + 8, q 64, k 32, v 32, o 64, q/k norms 4 + 4, gate, up, down 128 each.
    expect(parameterCount(decoder)).toBe(32 * 8 + 2 * (16 + 192 + 8 + 384) + 8);
    expect(parameterCount({ ...decoder, tied: false })).toBe(parameterCount(decoder) + 32 * 8);
  });
});
