import { describe, expect, it } from 'vitest';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { measureSpeed, type SpeedOptions } from './measure-speed.ts';

const DECODER: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 16,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  intermediate: 32,
  vocabulary: 64,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};
const OPTIONS: SpeedOptions = {
  threads: 1,
  slots: 16,
  microBatchTokens: 128,
  adapter: null,
  step: { prompt: 16, beginning: 10, prompts: 4, completions: 3, targets: 8 },
};
const LORA = { rank: 2, alpha: 4, targets: ['q_proj' as const, 'v_proj' as const] };

describe('the measured speed', () => {
  it.each([
    ['of all parameters', OPTIONS, [1, 8, 16]],
    ['of an adapter', { ...OPTIONS, adapter: LORA }, [1, 8, 16]],
    ['with one slot', { ...OPTIONS, slots: 1 }, [1]],
    [
      'with sequences longer than a micro-batch',
      { ...OPTIONS, step: { prompt: 100, beginning: 0, prompts: 2, completions: 2, targets: 3900 } },
      [1, 8, 16],
    ],
  ])('%s has a time for every part', async (_, options, sizes) => {
    const { threads, slots, steps, sharedFrom, ...seconds } = await measureSpeed(DECODER, options);
    expect([threads, slots, sharedFrom]).toEqual([options.threads, options.slots, 32]);
    expect(steps.map(({ sequences }) => sequences)).toEqual(sizes);
    expect(Object.keys(seconds).toSorted()).toEqual([
      'opening',
      'prefill',
      'scoring',
      'training',
      'updating',
      'writing',
    ]);
    for (const value of [...Object.values(seconds), ...steps.map((step) => step.seconds)]) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(60);
    }
  });
});
