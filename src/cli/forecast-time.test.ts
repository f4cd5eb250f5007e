import { describe, expect, it } from 'vitest';
import type { Speed } from '../engine/kind.ts';
import { type DecoderConfig, parameterCount } from '../models/decoder-config.ts';
import { samplingSeconds, type SamplingWork, trainingSeconds, type TrainingWork } from './forecast-time.ts';

function llama(hidden: number, layers: number, vocabulary: number, more: Partial<DecoderConfig> = {}): DecoderConfig {
  return {
    architecture: 'llama',
    hidden,
    layers,
    heads: hidden / 64,
    kvHeads: hidden / 64,
    headDim: 64,
    intermediate: 3 * hidden,
    vocabulary,
    maxPositions: 2048,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-5,
    tied: true,
    qkNorm: false,
    ...more,
  };
}

/** Shapes of `bench:engine`. */
const SHAPES = {
  '5m': llama(256, 6, 128),
  '29m': llama(512, 8, 4096),
  '135m': llama(576, 30, 49_152, { kvHeads: 3, intermediate: 1536 }),
};
type Shape = keyof typeof SHAPES;

/** The idle machine of the measurements: two threads that multiply at 300 GFLOP/s. */
const MACHINE: Speed = { threads: 2, slots: 128, training: 330e9, sampling: 330e9 };
const whole = (shape: Shape) => ({ decoder: SHAPES[shape], trained: parameterCount(SHAPES[shape]) });

/** 64 completions of 128 tokens to different prompts of 32 tokens. */
const ALONE: SamplingWork = { calls: 1, completions: 64, prompts: 64, promptTokens: 32, mean: 128, limit: 128 };
/** 10 completions to each of 32 prompts of 200 tokens, all at once. */
const SHARED: SamplingWork = { calls: 1, completions: 320, prompts: 32, promptTokens: 200, mean: 64, limit: 64 };
const STEP: TrainingWork = { steps: 1, sequences: 0, promptTokens: 0, mean: 256, scorings: 0, updates: 1 };

/** Measured times of bench/results/engine.json of 2026-11-24, in seconds. */
describe('the measured times of an idle machine', () => {
  it.each([
    ['5m', 1.07],
    ['29m', 3.41],
    ['135m', 11.85],
  ] as const)('of sampling: %s', (shape, seconds) => {
    const ratio = samplingSeconds(ALONE, whole(shape), MACHINE) / seconds;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
  });

  it.each([
    ['5m', 2.02],
    ['29m', 7.26],
  ] as const)('of votes with shared prompts: %s', (shape, seconds) => {
    const ratio = samplingSeconds(SHARED, whole(shape), { ...MACHINE, slots: 320 }) / seconds;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.2);
  });

  it.each([
    ['5m', 16, 0.544],
    ['29m', 16, 2.38],
    ['135m', 8, 5.62],
  ] as const)('of training: %s', (shape, sequences, seconds) => {
    const [none, all] = [0, sequences].map((count) =>
      trainingSeconds({ ...STEP, sequences: count }, whole(shape), MACHINE),
    );
    expect(Math.abs((all - none) / seconds - 1)).toBeLessThan(0.2);
  });
});

describe('samplingSeconds', () => {
  it('counts a step with few sequences as a reading of the weights', () => {
    const seconds = (completions: number): number =>
      samplingSeconds({ ...ALONE, completions, prompts: 1 }, whole('135m'), MACHINE);
    expect(seconds(2)).toBeLessThan(1.3 * seconds(1));
    expect(seconds(128)).toBeGreaterThan(1.8 * seconds(64));
  });

  it('counts the last sequences of a call, of which few remain', () => {
    const one = { ...ALONE, mean: 19, limit: 64 };
    const [ragged, even] = [one, { ...one, limit: 19 }].map((work) => samplingSeconds(work, whole('135m'), MACHINE));
    expect(ragged).toBeGreaterThan(1.1 * even);
    const many = [one, { ...one, limit: 19 }].map((work) =>
      samplingSeconds({ ...work, completions: 6400 }, whole('135m'), MACHINE),
    );
    expect(many[0] / many[1]).toBeLessThan(1.02);
  });
});

describe('trainingSeconds', () => {
  it('adds a forward pass for the reference, and saves the backward of a frozen base', () => {
    const work = { ...STEP, sequences: 100 };
    const machine = { ...MACHINE, training: 1e9 };
    const base = trainingSeconds(work, whole('5m'), machine);
    const compared = trainingSeconds({ ...work, scorings: 1 }, whole('5m'), machine);
    const frozen = trainingSeconds(work, { decoder: SHAPES['5m'], trained: 1000 }, machine);
    expect(compared / base).toBeCloseTo(4 / 3, 2);
    expect(frozen / base).toBeCloseTo(2 / 3, 2);
  });
});
