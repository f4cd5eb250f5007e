import { describe, expect, it } from 'vitest';

import { SHAPES } from '../../../../bench/lib/shapes.ts';
import { localEngine } from '../../../config/schema.ts';
import type { EngineError } from '../../../errors.ts';
import type { Workload } from '../../kind.ts';
import { forecastMemory } from './forecast-memory.ts';
import { type LocalConfig, type LocalRoom, roomFor, sizesOf } from './room.ts';

const GIB = 2 ** 30;
/** Co-evolution of all parameters: two frozen models, two samplers. */
const WORK: Workload = {
  model: 'some/model',
  adapter: null,
  lora: { rank: 16, alpha: 32, targets: ['q_proj', 'v_proj'] },
  frozen: 2,
  samplers: 2,
  prompt: 100,
  completions: 5000,
  perPrompt: 1,
  longest: 196,
  longestTrained: 196,
};

interface Given {
  config: LocalConfig;
  work: Workload;
}

/** The default settings, overridden by flags of `--set`. */
function given(...set: string[]): Given {
  const dials = new Map(set.map((flag) => [flag.slice(0, flag.indexOf('=')), flag.slice(flag.indexOf('=') + 1)]));
  const number = (key: string): number | undefined => (dials.has(key) ? Number(dials.get(key)) : undefined);
  const config = localEngine.parse({
    recompute: dials.get('engine.recompute'),
    microBatchTokens: number('engine.microBatchTokens'),
    slots: number('engine.slots'),
  });
  const work = dials.get('adapt.method') === 'lora' ? { ...WORK, adapter: WORK.lora, lora: null } : WORK;
  return { config, work };
}

function needed({ config, work }: Given, available = Infinity): number {
  return forecastMemory(sizesOf(config, SHAPES['600m'], work), available).bytes;
}

function room({ config, work }: Given, available: number): LocalRoom {
  return roomFor(config, SHAPES['600m'], work, available);
}

function refusal(of: Given, available: number): EngineError {
  const { problem } = room(of, available);
  if (problem === null) throw new Error('it was not refused');
  return problem;
}

/** The settings that an error names, in the form of `--set`. */
function flagsOf({ advice }: EngineError): string[] {
  return Array.from(advice.matchAll(/--set (\S+?)\.?(?=\s|$)/g), (match) => match[1]);
}

describe('roomFor', () => {
  it('accepts a run that fits, and recomputes activations only if needed', () => {
    const [keeping, again] = [needed(given('engine.recompute=off')), needed(given('engine.recompute=on'))];
    expect(again).toBeLessThan(keeping);
    expect(room(given(), keeping).problem).toBeNull();
    expect(room(given(), keeping).needed.bytes).toBe(keeping);
    expect(room(given(), keeping - 1).needed.bytes).toBe(again);
    expect(room(given(), keeping - 1).needed.activationBytes).toBeLessThan(Infinity);
  });

  it.each([
    ['a little less than it needs', 0.999],
    ['two thirds', 0.66],
    ['a third', 0.33],
  ])('rejects a run with all parts and with flags that make it fit: %s', (_how, share) => {
    const available = needed(given('engine.recompute=off')) * share;
    const error = refusal(given('engine.recompute=off'), available);
    expect(error.kind).toBe('budget');
    for (const part of ['weights', 'gradients', 'optimizer moments', 'reference', 'published', 'packed', 'KV cache']) {
      expect(error.message).toContain(part);
    }
    expect(error.message).toMatch(/logits .*activations/);
    const flags = flagsOf(error);
    expect(flags.length).toBeGreaterThan(0);
    expect(needed(given('engine.recompute=off', ...flags), available)).toBeLessThanOrEqual(available);
    // Every flag is needed.
    for (const flag of flags) {
      const others = flags.filter((one) => one !== flag);
      expect(needed(given('engine.recompute=off', ...others), available), flag).toBeGreaterThan(available);
    }
  });

  it('reports that no flag helps', () => {
    const error = refusal(given(), GIB);
    expect(flagsOf(error)).toEqual([]);
    expect(error.advice).toContain('smaller model');
  });
});

it('counts no sequence longer than the model’s context', () => {
  const { config } = given();
  const { maxPositions } = SHAPES['600m'];
  expect(sizesOf(config, SHAPES['600m'], { ...WORK, longest: 10 * maxPositions }).longest).toBe(maxPositions);
});

it('leaves the second sampler out where it would not fit', () => {
  const { config: defaults } = given();
  const config = { ...defaults, threads: 2, recompute: 'on' as const };
  const decoder = SHAPES['5m'];
  const bytes = (paired: boolean): number => forecastMemory(sizesOf(config, decoder, WORK, paired), Infinity).bytes;
  const [two, one] = [bytes(true), bytes(false)];
  expect(two).toBeGreaterThan(one);
  const found = [two, two - 1, one, one - 1].map((available) => roomFor(config, decoder, WORK, available));
  expect(found.map(({ paired, needed: { bytes: forecast } }) => [paired, forecast])).toEqual([
    [true, two],
    [false, one],
    [false, one],
    [false, one],
  ]);
  expect(found.map(({ problem }) => problem === null)).toEqual([true, true, true, false]);
  expect(roomFor({ ...config, threads: 3 }, decoder, WORK, two)).toMatchObject({ paired: false });
  expect(roomFor(config, SHAPES['135m'], WORK, Infinity)).toMatchObject({ paired: false });
});
