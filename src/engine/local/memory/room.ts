/**
 * Decides whether a run fits into this machine's memory, and finds settings that make it fit. It converts the settings
 * and the work to the sizes of `forecast-memory.ts`.
 */

import { availableParallelism } from 'node:os';

import type { EngineConfig } from '../../../config/schema.ts';
import { adapterParameters } from '../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Room, Workload } from '../../kind.ts';
import { pairSuits } from '../sampling/pair/pays.ts';
import { excess } from './check-fits.ts';
import { forecastMemory, type LocalForecast, type MemorySizes } from './forecast-memory.ts';

export type LocalConfig = Extract<EngineConfig, { kind: 'local' }>;

export interface LocalRoom extends Room {
  needed: LocalForecast;
  /** Whether there is room for two samplers side by side, if they suit the model. */
  paired: boolean;
}

/** Returns the sizes for the forecast; `paired` with two samplers side by side. */
export function sizesOf(
  config: LocalConfig,
  decoder: DecoderConfig,
  work: Workload,
  paired = pairSuits(decoder, config.threads === 0 ? availableParallelism() : config.threads),
): MemorySizes {
  const { adapter, frozen, samplers, prompt, completions, perPrompt, longest, longestTrained } = work;
  const within = (tokens: number): number => Math.min(decoder.maxPositions, tokens);
  return {
    decoder,
    adapter: adapter === null ? null : adapterParameters(decoder, adapter),
    training: true,
    frozen,
    samplers,
    paired,
    slots: Math.min(config.slots, completions),
    microBatchTokens: config.microBatchTokens,
    prompt: within(prompt),
    completions,
    perPrompt,
    longest: within(longest),
    longestTrained: within(longestTrained),
    recompute: config.recompute,
  };
}

/** Forecasts the memory of the work. If it exceeds `available` bytes, finds settings that make it fit. */
export function roomFor(config: LocalConfig, decoder: DecoderConfig, work: Workload, available: number): LocalRoom {
  const { needed, paired } = forecast(config, decoder, work, available);
  const problem = excess(work.model, needed, available, () => {
    const flags = flagsThatFit(config, decoder, work, available);
    return flags === null
      ? 'No setting makes it fit: use a smaller model, or a machine with more memory.'
      : `It fits with ${flags.map((flag) => `--set ${flag}`).join(' ')}.`;
  });
  return { needed, available, problem, paired };
}

/** Forecasts with two samplers side by side, or with one if two would not fit. */
function forecast(
  config: LocalConfig,
  decoder: DecoderConfig,
  work: Workload,
  available: number,
): Pick<LocalRoom, 'needed' | 'paired'> {
  const sizes = sizesOf(config, decoder, work);
  const needed = forecastMemory(sizes, available);
  if (!sizes.paired || needed.bytes <= available) return { needed, paired: sizes.paired };
  return { needed: forecastMemory({ ...sizes, paired: false }, available), paired: false };
}

const FEWEST_TOKENS = 256;
const FEWEST_SLOTS = 8;

/** Settings that reduce memory, by their names in the config. */
type Saving = {
  'engine.recompute'?: 'on';
  'engine.microBatchTokens'?: number;
  'engine.slots'?: number;
  'adapt.method'?: 'lora';
};

/** Finds a small set of changes that make the run fit, cheapest first, in the form of `--set`; null if none do. */
function flagsThatFit(config: LocalConfig, decoder: DecoderConfig, work: Workload, available: number): string[] | null {
  const fits = (saving: Saving): boolean =>
    forecast(savedConfig(config, saving), decoder, savedWork(work, saving), available).needed.bytes <= available;
  const all: Saving = {};
  for (const more of savings(config, work)) {
    Object.assign(all, more);
    if (!fits(all)) continue;
    let saving = all;
    // Removes changes that turned out not to be needed.
    for (const key of Object.keys(saving)) {
      const { [key as keyof Saving]: _, ...rest } = saving;
      if (fits(rest)) saving = rest;
    }
    return Object.entries(saving).map(([key, value]) => `${key}=${value}`);
  }
  return null;
}

function savings(config: LocalConfig, work: Workload): Saving[] {
  return [
    ...(config.recompute === 'off' ? [{ 'engine.recompute': 'on' as const }] : []),
    ...halvings(config.microBatchTokens, FEWEST_TOKENS).map((tokens) => ({ 'engine.microBatchTokens': tokens })),
    ...halvings(config.slots, FEWEST_SLOTS).map((slots) => ({ 'engine.slots': slots })),
    ...(work.lora === null ? [] : [{ 'adapt.method': 'lora' as const }]),
  ];
}

function halvings(from: number, least: number): number[] {
  const all: number[] = [];
  for (let value = Math.floor(from / 2); value >= least; value = Math.floor(value / 2)) all.push(value);
  return all;
}

function savedConfig(config: LocalConfig, saving: Saving): LocalConfig {
  return {
    ...config,
    recompute: saving['engine.recompute'] ?? config.recompute,
    microBatchTokens: saving['engine.microBatchTokens'] ?? config.microBatchTokens,
    slots: saving['engine.slots'] ?? config.slots,
  };
}

function savedWork(work: Workload, saving: Saving): Workload {
  return saving['adapt.method'] === 'lora' ? { ...work, adapter: work.lora, lora: null } : work;
}
