import { describe, expect, it } from 'vitest';

import { SHAPES, type ShapeName } from '../../../../bench/lib/shapes.ts';
import { parameterCount } from '../../../models/decoder-config.ts';
import { forecastMemory, type MemorySizes } from './forecast-memory.ts';

/** A process that only trains, with sequences of 256 tokens. */
function step(shape: ShapeName, microBatchTokens: number, recompute: MemorySizes['recompute']): MemorySizes {
  const alone = {
    adapter: null,
    training: true,
    frozen: 0,
    samplers: 0,
    paired: false,
    slots: 1,
    prompt: 0,
    completions: 0,
    perPrompt: 1,
  };
  return { ...alone, decoder: SHAPES[shape], microBatchTokens, longest: 256, longestTrained: 256, recompute };
}

describe('forecastMemory', () => {
  // Peaks of `npm run bench:engine -- --rows memory` on Linux, in bytes: docs/adr/0019-memory-of-training.md.
  it.each([
    ['5m', 1024, 'off', 484e6],
    ['5m', 1024, 'on', 345e6],
    ['5m', 4096, 'off', 973e6],
    ['29m', 1024, 'off', 1164e6],
    ['29m', 1024, 'on', 838e6],
    ['29m', 4096, 'off', 2653e6],
    ['135m', 512, 'off', 3679e6],
    ['135m', 1024, 'off', 5502e6],
    ['135m', 1024, 'on', 2826e6],
    ['135m', 2048, 'off', 6699e6],
    ['135m', 4096, 'off', 9484e6],
    ['135m', 4096, 'on', 3453e6],
    ['600m', 1024, 'on', 10477e6],
  ] as const)('is within 15 %% of the measurement: %s in micro-batches of %i tokens, recomputation %s', (...row) => {
    const [shape, tokens, recompute, measured] = row;
    const { bytes } = forecastMemory(step(shape, tokens, recompute), Infinity);
    expect(bytes / measured).toBeGreaterThan(0.85);
    expect(bytes / measured).toBeLessThan(1.15);
  });

  it('equals the sum of its parts', () => {
    const { parts, bytes } = forecastMemory({ ...step('135m', 1024, 'off'), frozen: 2, samplers: 2 }, Infinity);
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
    expect(new Set(parts.map(({ name }) => name)).size).toBe(parts.length);
  });

  it('counts a base once for all adapters', () => {
    const sizes = { ...step('600m', 1024, 'on'), frozen: 2, samplers: 2 };
    const adapter = 10e6;
    const [whole, adapted] = [sizes, { ...sizes, adapter }].map((one) => forecastMemory(one, Infinity).bytes);
    // The weights and their packed copy, and little for each adapter.
    expect(adapted).toBeLessThan(whole / 3);
  });

  it('counts gradients only of trained parameters', () => {
    const sizes = step('600m', 1024, 'on');
    const gradients = (adapter: number | null) =>
      forecastMemory({ ...sizes, adapter }, Infinity).parts.find(({ name }) => name === 'gradients')?.bytes;
    expect([gradients(null), gradients(1000)]).toEqual([4 * parameterCount(SHAPES['600m']), 4000]);
  });

  it('counts the memory of the slots', () => {
    const { layers, kvHeads, headDim, vocabulary } = SHAPES['5m'];
    const sizes = { ...step('5m', 1024, 'on'), samplers: 2, longest: 64, prompt: 32 };
    const part = (slots: number, name: string): number =>
      forecastMemory({ ...sizes, slots }, Infinity).parts.find((one) => one.name === name)?.bytes ?? 0;
    const more = (name: string): number => part(100, name) - part(50, name);
    const kept = layers * 2 * kvHeads * headDim;
    expect(more('KV cache')).toBe(50 * 64 * kept * 4);
    expect(more('logits')).toBe(50 * 2 * vocabulary * 4);
    // Keys, values, logits and the mask of 32 steps, up to a limit.
    expect(part(2, 'outputs of sampling')).toBeCloseTo(1.6 * 2 * 32 * (kept + vocabulary + 64) * 4, 3);
    expect(part(100_000, 'outputs of sampling')).toBe(part(50_000, 'outputs of sampling'));
  });

  it("counts either the activations or the published copy's packed weights, whichever is more", () => {
    const sizes = { ...step('135m', 1024, 'off'), samplers: 2 };
    const part = (more: Partial<MemorySizes>, name: string): number =>
      forecastMemory({ ...sizes, ...more }, Infinity).parts.find((one) => one.name === name)?.bytes ?? 0;
    const whole = 4 * parameterCount(SHAPES['135m']);
    expect(part({}, 'activations')).toBeGreaterThan(whole);
    expect(part({}, "samplers' packed weights")).toBe(whole);
    expect(part({ training: false }, "samplers' packed weights")).toBe(2 * whole);
    const few = { microBatchTokens: 64, longestTrained: 64 };
    expect(part(few, "samplers' packed weights")).toBe(2 * whole - part(few, 'activations'));
  });

  it('counts prompts that sequences share once', () => {
    const { layers, kvHeads, headDim } = SHAPES['5m'];
    const sizes = { ...step('5m', 1024, 'on'), samplers: 1, longest: 164, prompt: 100, slots: 256 };
    const cache = (perPrompt: number): number | undefined =>
      forecastMemory({ ...sizes, perPrompt }, Infinity).parts.find(({ name }) => name === 'KV cache')?.bytes;
    const token = layers * 2 * kvHeads * headDim * 4;
    expect(cache(1)).toBe(256 * 164 * token);
    // 256 / 8 prompts, times the expected length of the longest of 8 completions over their mean.
    expect(cache(8)).toBe((256 * 64 + 99 * 100) * token);
  });

  it('counts a group of prompts, and the completions of a step', () => {
    const sizes = { ...step('5m', 1024, 'on'), samplers: 1, longest: 200 };
    const bytes = (more: Partial<MemorySizes>): number => forecastMemory({ ...sizes, ...more }, Infinity).bytes;
    expect(bytes({ completions: 1000 }) - bytes({ completions: 0 })).toBe(18e6);
    const prefill = (prompt: number): number =>
      forecastMemory({ ...sizes, prompt }, Infinity).parts.find(({ name }) => name === 'prefill')?.bytes ?? 0;
    // 64 prompts of 32 tokens, and 4096 tokens of longer ones: twice as many, each with more scores of attention.
    expect(prefill(64) / prefill(32)).toBeGreaterThan(2);
    expect(prefill(128) / prefill(64)).toBeLessThan(1.5);
  });

  it('keeps activations if they fit, and no more', () => {
    const sizes = step('135m', 1024, 'auto');
    const roomy = forecastMemory(sizes, Infinity);
    expect(roomy.activationBytes).toBe(Infinity);
    const tight = forecastMemory(sizes, roomy.bytes - 1);
    expect(tight.bytes).toBe(forecastMemory({ ...sizes, recompute: 'on' }, Infinity).bytes);
    expect(forecastMemory({ ...sizes, recompute: 'on' }, Infinity).activationBytes).toBe(0);
    expect(forecastMemory({ ...sizes, recompute: 'off' }, 1).activationBytes).toBe(Infinity);
  });

  it('counts two copies of the weights of every sampler for the second sampler, or of the shared base', () => {
    const sizes = { ...step('5m', 1024, 'on'), samplers: 2, longest: 64, prompt: 32, slots: 128 };
    const more = (given: Partial<MemorySizes>): number =>
      forecastMemory({ ...sizes, ...given, paired: true }, Infinity).bytes -
      forecastMemory({ ...sizes, ...given }, Infinity).bytes;
    const copy = 4 * parameterCount(SHAPES['5m']);
    const thread = more({}) - 4 * copy;
    expect(thread).toBeGreaterThan(0);
    expect(more({ samplers: 1 })).toBe(thread + 2 * copy);
    expect(more({ adapter: 1000 })).toBe(thread + 2 * copy + 2 * 4000);
    expect(more({ samplers: 0 })).toBe(0);
  });
});
