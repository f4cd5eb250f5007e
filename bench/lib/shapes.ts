/** Decoder shapes of the engine benchmark. Weights are random (`random-model.ts`). */

import type { DecoderConfig } from '../../src/models/decoder-config.ts';

function llama(given: Pick<DecoderConfig, 'hidden' | 'layers' | 'vocabulary'> & Partial<DecoderConfig>): DecoderConfig {
  const heads = given.hidden / 64;
  return {
    architecture: 'llama',
    heads,
    kvHeads: heads,
    headDim: 64,
    intermediate: 3 * given.hidden,
    maxPositions: 2048,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-5,
    tied: true,
    qkNorm: false,
    ...given,
  };
}

export const SHAPES = {
  '5m': llama({ hidden: 256, layers: 6, vocabulary: 128 }),
  '29m': llama({ hidden: 512, layers: 8, vocabulary: 4096 }),
  /** Shape of SmolLM2-135M. */
  '135m': llama({
    hidden: 576,
    layers: 30,
    vocabulary: 49_152,
    heads: 9,
    kvHeads: 3,
    intermediate: 1536,
    maxPositions: 8192,
    ropeTheta: 100_000,
  }),
  /** Shape of Qwen3-0.6B. */
  '600m': {
    architecture: 'qwen3',
    hidden: 1024,
    layers: 28,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    intermediate: 3072,
    vocabulary: 151_936,
    maxPositions: 40_960,
    ropeTheta: 1_000_000,
    rmsEpsilon: 1e-6,
    tied: true,
    qkNorm: true,
  },
} as const satisfies Record<string, DecoderConfig>;

export type ShapeName = keyof typeof SHAPES;
