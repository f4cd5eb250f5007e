import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Speed } from '../engine/kind.ts';
import {
  openingSeconds,
  samplingSeconds,
  type SamplingWork,
  trainingSeconds,
  type TrainingWork,
} from './forecast-time.ts';

/** A machine whose figures are easy to add. */
const SPEED: Speed = {
  threads: 2,
  slots: 64,
  steps: [
    { sequences: 1, seconds: 0.02 },
    { sequences: 8, seconds: 0.03 },
    { sequences: 64, seconds: 0.1 },
  ],
  prefill: 0.001,
  opening: 2,
  scoring: 0.001,
  training: 0.004,
  updating: 1.5,
  writing: 1e-9,
};
const NONE = { parameters: 0, trained: 0 };

/** 64 completions of the longest length to different prompts. */
const EVEN: SamplingWork = {
  calls: 1,
  completions: 64,
  prompts: 64,
  promptTokens: 32,
  shared: 0,
  mean: 128,
  limit: 128,
};

describe('samplingSeconds', () => {
  it('adds the prompts and a step per token, if all completions are equally long', () => {
    expect(samplingSeconds(EVEN, SPEED)).toBeCloseTo(64 * 32 * 0.001 + 128 * 0.1, 6);
    expect(samplingSeconds({ ...EVEN, calls: 3 }, SPEED)).toBeCloseTo(3 * samplingSeconds(EVEN, SPEED), 6);
  });

  it('runs a shared prompt once', () => {
    const shared = samplingSeconds({ ...EVEN, prompts: 8 }, SPEED);
    expect(samplingSeconds(EVEN, SPEED) - shared).toBeCloseTo(56 * 32 * 0.001, 6);
  });

  it('runs the beginning of different prompts once, if it is long enough for the engine', () => {
    const beginning = { ...EVEN, shared: 20 };
    const seconds = (sharedFrom?: number): number =>
      samplingSeconds(beginning, { ...SPEED, ...(sharedFrom === undefined ? {} : { sharedFrom }) });
    expect(samplingSeconds(EVEN, SPEED) - seconds(20)).toBeCloseTo(63 * 20 * 0.001, 6);
    expect([seconds(21), seconds()]).toEqual([samplingSeconds(EVEN, SPEED), samplingSeconds(EVEN, SPEED)]);
    expect(samplingSeconds({ ...beginning, prompts: 0 }, { ...SPEED, sharedFrom: 20 })).toBe(
      samplingSeconds({ ...EVEN, prompts: 0 }, SPEED),
    );
  });

  it('interpolates steps between the measured numbers of sequences', () => {
    const step = (completions: number): number =>
      samplingSeconds({ ...EVEN, completions, prompts: 0, mean: 10, limit: 10 }, SPEED) / 10;
    expect([1, 8, 64].map(step)).toEqual([0.02, 0.03, 0.1].map((seconds) => expect.closeTo(seconds, 9)));
    expect(step(36)).toBeCloseTo(0.065, 9);
    expect(step(128)).toBeCloseTo(2 * step(64), 9);
  });

  it('takes the one measured step of a machine with a single slot', () => {
    const single = { ...SPEED, slots: 1, steps: SPEED.steps.slice(0, 1) };
    expect(samplingSeconds({ ...EVEN, completions: 3, prompts: 0 }, single)).toBeCloseTo(3 * 128 * 0.02, 6);
  });

  it('counts the last sequences of a call, of which few remain', () => {
    const one = { ...EVEN, prompts: 0, mean: 19, limit: 64 };
    const [ragged, even] = [one, { ...one, limit: 19 }].map((work) => samplingSeconds(work, SPEED));
    expect(ragged).toBeGreaterThan(1.1 * even);
    const many = [one, { ...one, limit: 19 }].map((work) => samplingSeconds({ ...work, completions: 6400 }, SPEED));
    expect(many[0] / many[1]).toBeLessThan(1.02);
  });

  it('decodes as many tokens as the mean length says', () => {
    // A step that costs as much as it has sequences gives the number of tokens.
    const steps = [1, 64].map((sequences) => ({ sequences, seconds: sequences }));
    const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
    fc.assert(
      fc.property(share, fc.integer({ min: 200, max: 4000 }), (part, limit) => {
        const work = { ...EVEN, prompts: 0, mean: part * limit, limit };
        const tokens = samplingSeconds(work, { ...SPEED, steps }) / 64;
        expect(tokens / (part * limit)).toBeGreaterThan(0.9);
        expect(tokens / (part * limit)).toBeLessThan(1.1);
      }),
    );
  });

  it('is zero without completions or tokens', () => {
    expect(samplingSeconds({ ...EVEN, completions: 0 }, SPEED)).toBe(0);
    expect(samplingSeconds({ ...EVEN, mean: 0 }, SPEED)).toBe(0);
  });
});

describe('trainingSeconds', () => {
  const STEP: TrainingWork = { steps: 1, sequences: 10, promptTokens: 30, mean: 20, scorings: 0, updates: 1 };

  it('adds passes, updates and the publication', () => {
    expect(trainingSeconds(STEP, NONE, SPEED)).toBeCloseTo(500 * 0.004 + 1.5 + 2, 9);
    expect(trainingSeconds({ ...STEP, scorings: 2 }, NONE, SPEED)).toBeCloseTo(500 * 0.006 + 3.5, 9);
    expect(trainingSeconds({ ...STEP, updates: 3, steps: 2 }, NONE, SPEED)).toBeCloseTo(2 * (2 + 4.5 + 2), 9);
  });

  it('saves what is trained', () => {
    const [all, few] = [1e9, 1e6].map((trained) => trainingSeconds(STEP, { parameters: 1e9, trained }, SPEED));
    expect(all).toBeGreaterThan(few + 5);
  });
});

it('opening reads the parameters of every model', () => {
  expect(openingSeconds(2, NONE, SPEED)).toBe(4);
  expect(openingSeconds(1, { parameters: 1e9, trained: 0 }, SPEED)).toBeGreaterThan(5);
});
