import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import { trialModelOf } from './trial-model.ts';

const SMOL: DecoderConfig = {
  architecture: 'llama',
  hidden: 576,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  intermediate: 1536,
  vocabulary: 49_152,
  maxPositions: 8192,
  ropeTheta: 100_000,
  rmsEpsilon: 1e-5,
  tied: true,
  qkNorm: false,
};

/** Share of the output matrix in a model's parameters. */
function headShare(decoder: DecoderConfig): number {
  return (decoder.vocabulary * decoder.hidden) / parameterCount(decoder);
}

describe('the trial model', () => {
  it('is a small model itself', () => {
    const small = { ...SMOL, layers: 4, vocabulary: 512 };
    expect(trialModelOf(small)).toEqual({ decoder: small, scale: 1 });
  });

  it('has the width of a large one, and the same proportion of layers and vocabulary', () => {
    const { decoder, scale } = trialModelOf(SMOL);
    expect(decoder).toEqual({ ...SMOL, layers: 7, vocabulary: 11_469 });
    expect(headShare(decoder)).toBeCloseTo(headShare(SMOL), 3);
    expect(scale).toBeCloseTo(30 / 7, 2);
  });

  it('is narrower than a model of wide layers', () => {
    const wide = { ...SMOL, hidden: 8192, layers: 80, heads: 64, kvHeads: 8, headDim: 128, intermediate: 28_672 };
    const { decoder, scale } = trialModelOf(wide);
    expect(parameterCount(decoder)).toBeLessThan(150e6);
    expect(decoder).toMatchObject({ layers: 1, hidden: 2048, heads: 16, kvHeads: 2, headDim: 128 });
    expect(scale * parameterCount(decoder)).toBeCloseTo(parameterCount(wide), -3);
  });

  it('can always be measured', () => {
    const size = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most });
    fc.assert(
      fc.property(
        size(1, 128),
        size(8, 16_384),
        size(1, 16),
        size(1, 8),
        size(2, 300_000),
        (layers, hidden, kvHeads, group, vocabulary) => {
          const asked = {
            ...SMOL,
            layers,
            hidden,
            kvHeads,
            heads: kvHeads * group,
            vocabulary,
            intermediate: 3 * hidden,
          };
          const { decoder, scale } = trialModelOf(asked);
          expect(decoder.layers).toBeGreaterThanOrEqual(1);
          expect(decoder.vocabulary).toBeGreaterThanOrEqual(1);
          expect(decoder.heads % decoder.kvHeads).toBe(0);
          expect(scale).toBeGreaterThanOrEqual(1);
          expect(parameterCount(decoder)).toBeLessThanOrEqual(150e6);
        },
      ),
    );
  });
});
