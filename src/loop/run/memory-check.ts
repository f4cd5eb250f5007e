/**
 * What a run's models will hold in memory, and the refusal of a run that would not fit, with the numbers and the flags
 * that would make it fit. `engine/local/forecast-memory.ts` knows the parts; here a config becomes its sizes.
 */

import type { RunConfig } from '../../config/schema.ts';
import { checkFits } from '../../engine/check-memory.ts';
import { forecastMemory, type MemoryForecast, type MemorySizes } from '../../engine/local/memory/forecast-memory.ts';
import { adapterParameters } from '../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import { adapterOf } from '../training/adapt.ts';
import { isSupervised } from '../finetune.ts';

/** @param promptTokens of a completion */
export function memorySizes(config: RunConfig, decoder: DecoderConfig, promptTokens: number): MemorySizes {
  const { challenger, solver, votes, pool, evaluation, engine } = config;
  const posing = challenger.train && challenger.steps > 0 && !isSupervised(config);
  const trained = [solver, ...(posing ? [challenger] : [])];
  const sampled = isSupervised(config) ? [solver, evaluation] : [...trained, votes, pool, evaluation];
  const adapter = adapterOf(config);
  const within = (sections: readonly { maxTokens: number }[]): number =>
    Math.min(decoder.maxPositions, promptTokens + Math.max(...sections.map(({ maxTokens }) => maxTokens)));
  return {
    decoder,
    adapter: adapter === null ? null : adapterParameters(decoder, adapter),
    training: true,
    frozen: Number(trained.some(({ klWeight }) => klWeight > 0)) + Number(posing),
    // While the Challenger learns, the Solver that votes stays open beside it.
    samplers: posing ? 2 : 1,
    slots: engine.slots,
    microBatchTokens: engine.microBatchTokens,
    longest: within(sampled),
    longestTrained: within(trained),
    recompute: engine.recompute,
  };
}

/** The forecast for a config. EngineError `budget` where it exceeds `available` bytes. */
export function checkMemory(
  config: RunConfig,
  decoder: DecoderConfig,
  promptTokens: number,
  available: number,
): MemoryForecast {
  const forecast = forecastMemory(memorySizes(config, decoder, promptTokens), available);
  checkFits(config.model, forecast, available, () => {
    const flags = flagsThatFit(config, decoder, promptTokens, available);
    return flags === null
      ? 'No setting makes it fit: use a smaller model, or a machine with more memory.'
      : `It fits with ${flags.map((flag) => `--set ${flag}`).join(' ')}.`;
  });
  return forecast;
}

const FEWEST_TOKENS = 256;
const FEWEST_SLOTS = 8;

/** What may be changed to need less memory, by its name in the config. */
type Saving = {
  'engine.recompute'?: 'on';
  'engine.microBatchTokens'?: number;
  'engine.slots'?: number;
  'adapt.method'?: 'lora';
};

/** Few changes after which it fits, the cheapest tried first, as `--set` takes them; null where none do. */
function flagsThatFit(
  config: RunConfig,
  decoder: DecoderConfig,
  promptTokens: number,
  available: number,
): string[] | null {
  const fits = (saving: Saving): boolean =>
    forecastMemory(memorySizes(saved(config, saving), decoder, promptTokens), available).bytes <= available;
  const all: Saving = {};
  for (const more of savings(config)) {
    Object.assign(all, more);
    if (!fits(all)) continue;
    let saving = all;
    // What was tried on the way and is not needed goes again.
    for (const key of Object.keys(saving)) {
      const { [key as keyof Saving]: _, ...rest } = saving;
      if (fits(rest)) saving = rest;
    }
    return Object.entries(saving).map(([key, value]) => `${key}=${value}`);
  }
  return null;
}

function savings({ engine, adapt }: RunConfig): Saving[] {
  return [
    ...(engine.recompute === 'off' ? [{ 'engine.recompute': 'on' as const }] : []),
    ...halvings(engine.microBatchTokens, FEWEST_TOKENS).map((tokens) => ({ 'engine.microBatchTokens': tokens })),
    ...halvings(engine.slots, FEWEST_SLOTS).map((slots) => ({ 'engine.slots': slots })),
    ...(adapt.method === 'full' ? [{ 'adapt.method': 'lora' as const }] : []),
  ];
}

function halvings(from: number, least: number): number[] {
  const all: number[] = [];
  for (let value = Math.floor(from / 2); value >= least; value = Math.floor(value / 2)) all.push(value);
  return all;
}

function saved(config: RunConfig, saving: Saving): RunConfig {
  const { engine, adapt } = config;
  return {
    ...config,
    engine: {
      ...engine,
      recompute: saving['engine.recompute'] ?? engine.recompute,
      microBatchTokens: saving['engine.microBatchTokens'] ?? engine.microBatchTokens,
      slots: saving['engine.slots'] ?? engine.slots,
    },
    adapt: { ...adapt, method: saving['adapt.method'] ?? adapt.method },
  };
}
