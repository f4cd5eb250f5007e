import { describe, expect, it } from 'vitest';
import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import { extrapolate, largestTensor, timedDecoders, timingWeights, tinyDecoder } from './shapes.ts';

const LARGE: DecoderConfig = {
  architecture: 'qwen2',
  hidden: 896,
  layers: 24,
  heads: 14,
  kvHeads: 2,
  headDim: 64,
  intermediate: 4864,
  vocabulary: 151_936,
  maxPositions: 32_768,
  ropeTheta: 1e6,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: false,
  qkvBias: true,
};

describe('the tiny model', () => {
  it('has the operators of the asked one, and few parameters', () => {
    const tiny = tinyDecoder(LARGE);
    const { architecture, headDim, tied, qkNorm, qkvBias, ropeTheta } = LARGE;
    expect(tiny).toMatchObject({ architecture, headDim, tied, qkNorm, qkvBias, ropeTheta, layers: 2, kvHeads: 2 });
    expect(tiny.heads).toBe(8);
    expect(parameterCount(tiny)).toBeLessThan(500_000);
  });

  it('is no larger than the asked one', () => {
    const asked = { ...LARGE, layers: 1, hidden: 32, intermediate: 48, vocabulary: 100, heads: 2, kvHeads: 2 };
    expect(tinyDecoder(asked)).toEqual(asked);
  });
});

describe('the timed models', () => {
  it('are the asked one, if it is small', () => {
    const small = { ...LARGE, hidden: 256, layers: 4, intermediate: 512, vocabulary: 512 };
    expect(timedDecoders(small)).toEqual([small]);
  });

  it('are two with fewer layers, if it is large', () => {
    expect(timedDecoders(LARGE)).toEqual([
      { ...LARGE, layers: 1 },
      { ...LARGE, layers: 3 },
    ]);
  });
});

describe('extrapolation', () => {
  const measured = [
    { layers: 1, seconds: 5 },
    { layers: 3, seconds: 9 },
  ];
  it('adds the time of each further layer', () => expect(extrapolate(measured, 24)).toBe(51));
  it('keeps the time of a model that was measured whole', () => {
    expect(extrapolate([{ layers: 4, seconds: 2 }], 4)).toBe(2);
  });
  it('is never below what was measured', () => {
    expect(
      extrapolate(
        [
          { layers: 1, seconds: 9 },
          { layers: 3, seconds: 1 },
        ],
        24,
      ),
    ).toBe(9);
  });
});

it('the largest tensor of a large vocabulary is its embedding', () => {
  expect(largestTensor(LARGE)).toBe(4 * 151_936 * 896);
});

it('weights for timing fill every tensor', () => {
  const weights = timingWeights(tinyDecoder(LARGE));
  const matrix = weights.get('model.embed_tokens.weight');
  expect(matrix?.data.every((value) => value !== 0)).toBe(true);
  expect(weights.get('model.norm.weight')?.data.every((value) => value === 1)).toBe(true);
  expect(weights.get('model.layers.0.self_attn.q_proj.bias')?.data.every((value) => value === 0)).toBe(true);
});
