import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecoderConfig } from './decoder-config.ts';
import { type RotaryScaling, rotaryFrequencies } from './rotary.ts';

interface Case {
  theta: number;
  headDim: number;
  factor: number;
  low: number;
  high: number;
  original: number;
  frequencies: number[];
}

/** Made by test/fixtures/make/rope.py. */
const cases = JSON.parse(
  readFileSync(new URL('../../test/fixtures/models/rope.json', import.meta.url), 'utf8'),
) as Record<string, Case>;

function frequenciesOf(headDim: number, ropeTheta: number, ropeScaling?: RotaryScaling): number[] {
  const config: DecoderConfig = {
    architecture: 'llama',
    hidden: headDim,
    layers: 1,
    heads: 1,
    kvHeads: 1,
    headDim,
    intermediate: headDim,
    vocabulary: 1,
    maxPositions: 131_072,
    ropeTheta,
    rmsEpsilon: 1e-5,
    tied: true,
    qkNorm: false,
    ropeScaling,
  };
  return [...rotaryFrequencies(config)];
}

const scalingOf = ({ factor, low, high, original }: Case): RotaryScaling => ({
  type: 'llama3',
  factor,
  lowFrequencyFactor: low,
  highFrequencyFactor: high,
  originalMaxPositions: original,
});

describe('rotaryFrequencies', () => {
  it('are theta to the power of -2i / headDim without a stretch', () => {
    expect(frequenciesOf(8, 10_000)).toEqual([1, 0.1, 0.01, 0.001].map((value) => expect.closeTo(value, 15)));
  });

  it.each(Object.entries(cases))('of Llama 3 agree with transformers: %s', (_name, one) => {
    const ours = frequenciesOf(one.headDim, one.theta, scalingOf(one));
    expect(ours).toHaveLength(one.frequencies.length);
    // Float32 there, double here.
    ours.forEach((value, at) => expect(Math.abs(value / one.frequencies[at] - 1), `pair ${at}`).toBeLessThan(2e-6));
  });

  it.each(Object.entries(cases))('of Llama 3 reach every band: %s', (_name, one) => {
    const plain = frequenciesOf(one.headDim, one.theta);
    const turns = plain.map((frequency) => (one.original * frequency) / (2 * Math.PI));
    expect(turns.filter((value) => value > one.high).length).toBeGreaterThan(0);
    expect(turns.filter((value) => value > one.low && value < one.high).length).toBeGreaterThan(0);
    expect(turns.filter((value) => value < one.low).length).toBeGreaterThan(0);
  });

  it('keep the fast, divide the slow by the factor, and blend in between by the turns within the original context', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 64, noNaN: true }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 5, max: 16 }),
        fc.integer({ min: 16, max: 8192 }),
        (factor, low, high, original) => {
          const plain = frequenciesOf(64, 10_000);
          const scaling = scalingOf({ theta: 0, headDim: 0, frequencies: [], factor, low, high, original });
          frequenciesOf(64, 10_000, scaling).forEach((value, at) => {
            const wavelength = (2 * Math.PI) / plain[at];
            if (wavelength < original / high) expect(value).toBe(plain[at]);
            else if (wavelength > original / low) expect(value).toBeCloseTo(plain[at] / factor, 15);
            else {
              const smooth = (original / wavelength - low) / (high - low);
              expect(value).toBeCloseTo((1 - smooth) * (plain[at] / factor) + smooth * plain[at], 12);
            }
          });
        },
      ),
    );
  });
});
