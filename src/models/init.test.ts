import { expect, test } from 'vitest';
import { deriveSeed, Random } from '../random.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { randomWeights } from './init.ts';

const config: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 64,
  layers: 8,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediate: 128,
  vocabulary: 300,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: false,
  qkNorm: true,
};

function deviation(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
}

test('gives matrices the requested deviation, less for those into the residual stream; norms are one', () => {
  const weights = randomWeights(config, 1, 0.05);
  const [norms, matrices] = [1, 2].map((rank) => [...weights].filter(([, { shape }]) => shape.length === rank));
  expect(norms.length).toBe(4 * config.layers + 1);
  for (const [, { data }] of norms) expect(new Set(data)).toEqual(new Set([1]));
  for (const [name, { data }] of matrices) {
    expect(deviation(data) * (/o_proj|down_proj/.test(name) ? 4 : 1)).toBeCloseTo(0.05, 2);
  }
});

test('sets biases to zero', () => {
  const weights = randomWeights({ ...config, architecture: 'qwen2', qkNorm: false, qkvBias: true }, 1);
  expect(new Set(weights.get('model.layers.3.self_attn.k_proj.bias')?.data)).toEqual(new Set([0]));
});

test('every tensor draws from the seed and its name', () => {
  for (const [seed, name] of [
    [3, 'lm_head.weight'],
    [4, 'lm_head.weight'],
    [3, 'model.embed_tokens.weight'],
  ] as const) {
    const random = new Random(deriveSeed(seed, name));
    const expected = Array.from({ length: 3 }, () => Math.fround(random.normal() * 0.02));
    expect([...(randomWeights(config, seed).get(name)?.data.subarray(0, 3) ?? [])]).toEqual(expected);
  }
});
