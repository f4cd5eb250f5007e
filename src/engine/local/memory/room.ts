/**
 * Whether a run's models fit in this machine's memory, and with which settings they would. `forecast-memory.ts` knows
 * the parts; here settings and work become its sizes. Pure.
 */

import type { EngineConfig } from '../../../config/schema.ts';
import { adapterParameters } from '../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Room, Workload } from '../../kind.ts';
import { excess } from './check-fits.ts';
import { forecastMemory, type LocalForecast, type MemorySizes } from './forecast-memory.ts';

export type LocalConfig = Extract<EngineConfig, { kind: 'local' }>;

export interface LocalRoom extends Room {
  needed: LocalForecast;
}

/** The sizes that the forecast is made of. */
export function sizesOf(config: LocalConfig, decoder: DecoderConfig, work: Workload): MemorySizes {
  const { adapter, frozen, samplers, longest, longestTrained } = work;
  const within = (tokens: number): number => Math.min(decoder.maxPositions, tokens);
  return {
    decoder,
    adapter: adapter === null ? null : adapterParameters(decoder, adapter),
    training: true,
    frozen,
    samplers,
    slots: config.slots,
    microBatchTokens: config.microBatchTokens,
    longest: within(longest),
    longestTrained: within(longestTrained),
    recompute: config.recompute,
  };
}

/** What the work needs of `available` bytes, and what would make it fit where it does not. */
export function roomFor(config: LocalConfig, decoder: DecoderConfig, work: Workload, available: number): LocalRoom {
  const needed = forecastMemory(sizesOf(config, decoder, work), available);
  const problem = excess(work.model, needed, available, () => {
    const flags = flagsThatFit(config, decoder, work, available);
    return flags === null
      ? 'No setting makes it fit: use a smaller model, or a machine with more memory.'
      : `It fits with ${flags.map((flag) => `--set ${flag}`).join(' ')}.`;
  });
  return { needed, available, problem };
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
function flagsThatFit(config: LocalConfig, decoder: DecoderConfig, work: Workload, available: number): string[] | null {
  const fits = (saving: Saving): boolean =>
    forecastMemory(sizesOf(savedConfig(config, saving), decoder, savedWork(work, saving)), available).bytes <=
    available;
  const all: Saving = {};
  for (const more of savings(config, work)) {
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
