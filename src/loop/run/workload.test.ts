import { describe, expect, it } from 'vitest';

import { SHAPES } from '../../../bench/lib/shapes.ts';
import { resolveConfig } from '../../config/load.ts';
import { EngineError } from '../../errors.ts';
import { forecastMemory } from '../../engine/local/memory/forecast-memory.ts';
import { checkMemory, memorySizes } from './memory-check.ts';

const PROMPT = 100;
const GIB = 2 ** 30;

function config(...set: string[]) {
  return resolveConfig({ set: ['model=some/model', ...set] });
}

function needed(given: ReturnType<typeof config>, available = Infinity): number {
  return forecastMemory(memorySizes(given, SHAPES['600m'], PROMPT), available).bytes;
}

function refusal(given: ReturnType<typeof config>, available: number): EngineError {
  try {
    checkMemory(given, SHAPES['600m'], PROMPT, available);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** The settings that a refusal names, as `--set` takes them. */
function flagsOf({ advice }: EngineError): string[] {
  return Array.from(advice.matchAll(/--set (\S+?)\.?(?=\s|$)/g), (match) => match[1]);
}

describe('checkMemory', () => {
  it('lets a run through that fits, and computes activations again only where it must', () => {
    const given = config();
    const [keeping, again] = [needed(config('engine.recompute=off')), needed(config('engine.recompute=on'))];
    expect(again).toBeLessThan(keeping);
    expect(checkMemory(given, SHAPES['600m'], PROMPT, keeping).bytes).toBe(keeping);
    expect(checkMemory(given, SHAPES['600m'], PROMPT, keeping - 1).bytes).toBe(again);
    expect(checkMemory(given, SHAPES['600m'], PROMPT, keeping - 1).activationBytes).toBeLessThan(Infinity);
  });

  it.each([
    ['a little less than it needs', 0.999],
    ['two thirds', 0.66],
    ['a third', 0.33],
  ])('refuses with every part and with flags after which it fits: %s', (_how, share) => {
    const given = config('engine.recompute=off');
    const available = needed(given) * share;
    const error = refusal(given, available);
    expect(error.kind).toBe('budget');
    for (const part of ['weights', 'gradients', 'optimizer moments', 'reference', 'published', 'packed', 'KV cache']) {
      expect(error.message).toContain(part);
    }
    expect(error.message).toMatch(/logits .*activations/);
    const flags = flagsOf(error);
    expect(flags.length).toBeGreaterThan(0);
    expect(needed(config('engine.recompute=off', ...flags), available)).toBeLessThanOrEqual(available);
    // Each of them is needed.
    for (const flag of flags) {
      const others = flags.filter((one) => one !== flag);
      expect(needed(config('engine.recompute=off', ...others), available), flag).toBeGreaterThan(available);
    }
  });

  it('says so where no flag helps', () => {
    const error = refusal(config(), GIB);
    expect(flagsOf(error)).toEqual([]);
    expect(error.advice).toContain('smaller model');
  });
});

describe('memorySizes', () => {
  it('knows what a run has open at the same time', () => {
    const of = (...set: string[]) => memorySizes(config(...set), SHAPES['5m'], PROMPT);
    expect(of('solver.klWeight=0.01')).toMatchObject({ frozen: 2, samplers: 2, adapter: null });
    expect(of('solver.klWeight=0', 'challenger.klWeight=0')).toMatchObject({ frozen: 1, samplers: 2 });
    expect(of('challenger.train=false', 'solver.klWeight=0.01')).toMatchObject({ frozen: 1, samplers: 1 });
    expect(of('finetune.data=100', 'solver.klWeight=0')).toMatchObject({ frozen: 0, samplers: 1 });
    expect(of('adapt.method=lora').adapter).toBeGreaterThan(0);
    expect(of('votes.maxTokens=500', 'solver.maxTokens=300')).toMatchObject({ longest: 600, longestTrained: 400 });
    expect(of('votes.maxTokens=5000').longest).toBe(SHAPES['5m'].maxPositions);
  });
});
