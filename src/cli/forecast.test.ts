import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import type { MemoryForecast } from '../engine/kind.ts';
import { forecast, type Assumptions } from './forecast.ts';

const DECODER: DecoderConfig = {
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

const ASSUMPTIONS: Assumptions = {
  promptTokens: 10,
  lengthShare: 0.5,
  samplingFlops: 1e9,
  trainingFlops: 2e9,
  samplingOverhead: 1e-5,
  trainingOverhead: 1e-6,
  forced: true,
  tested: 9,
};
const MEMORY: MemoryForecast = { parts: [{ name: 'weights', bytes: 5 }], bytes: 5 };

describe('forecast', () => {
  const config = resolveConfig({
    set: [
      'iterations=2',
      'challenger.steps=3',
      'challenger.groups=4',
      'challenger.groupSize=2',
      'challenger.votes=5',
      'pool.questions=20',
      'votes.count=6',
      'solver.steps=7',
      'solver.prompts=2',
      'solver.groupSize=3',
      'evaluation.questions=9',
      'evaluation.samples=4',
      'evaluation.forced=true',
    ],
  });

  it('counts the completions of every stage', () => {
    const { stages, completions } = forecast(config, DECODER, ASSUMPTIONS, MEMORY);
    expect(Object.fromEntries(stages.map((stage) => [stage.stage, stage.completions]))).toEqual({
      baseline: 9 * (4 + 1 + 4),
      'train-challenger': 2 * (3 * 8 + 3 * 8 * 5),
      propose: 2 * 20,
      vote: 2 * 20 * 6,
      'train-solver': 2 * 7 * 6,
      evaluate: 2 * 9 * (4 + 1 + 4),
    });
    expect(completions).toBe(81 + 288 + 40 + 240 + 84 + 162);
  });

  it('counts the questions of the held-out test that the domain has', () => {
    const tests = (tested: number): number[] =>
      forecast(config, DECODER, { ...ASSUMPTIONS, tested }, MEMORY)
        .stages.filter(({ stage }) => stage === 'baseline' || stage === 'evaluate')
        .flatMap(({ completions, seconds }) => [completions, Math.sign(seconds)]);
    expect(tests(0)).toEqual([0, 0, 0, 0]);
    expect(tests(5)).toEqual([5 * 9, 1, 2 * 5 * 9, 1]);
  });

  it('counts nothing for an untrained Challenger', () => {
    const untrained = { ...config, challenger: { ...config.challenger, train: false } };
    const stage = forecast(untrained, DECODER, ASSUMPTIONS, MEMORY).stages.find(
      ({ stage }) => stage === 'train-challenger',
    );
    expect(stage).toMatchObject({ completions: 0, sampled: 0, trained: 0, seconds: 0 });
  });

  it('takes longer for a larger model and shorter on a faster machine', () => {
    const seconds = (decoder: DecoderConfig, rate: number): number =>
      forecast(config, decoder, { ...ASSUMPTIONS, samplingFlops: rate, trainingFlops: rate }, MEMORY).seconds;
    expect(seconds({ ...DECODER, layers: 4 }, 1e9)).toBeGreaterThan(seconds(DECODER, 1e9));
    expect(seconds(DECODER, 1e8)).toBeGreaterThan(seconds(DECODER, 1e9));
  });

  it('counts what an adapter saves', () => {
    const adapt = { ...config.adapt, method: 'lora' as const, rank: 2, targets: ['q_proj' as const] };
    const [whole, adapted] = [config, { ...config, adapt }].map((one) => forecast(one, DECODER, ASSUMPTIONS, MEMORY));
    // In each layer, A is 2 by 8 and B is 8 by 2.
    const trained = 2 * (16 + 16);
    expect([whole.trained, adapted.trained]).toEqual([whole.parameters, trained]);
    // Two iterations keep two roles' factors and moments, and the best keeps its factors.
    expect(adapted.diskBytes).toBe(4 * (2 * 2 * 3 + 1) * trained);
    const training = whole.stages.reduce((sum, stage) => sum + stage.trained, 0);
    expect(whole.seconds - adapted.seconds).toBeCloseTo((2 * whole.parameters * training) / 2e9, 9);
  });
});
