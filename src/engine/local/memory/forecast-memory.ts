/**
 * What the local engine will hold in memory, by part, before it holds any of it. Pure. The formulas count what the
 * graphs keep (`decoder.ts`, `head.ts`, `layered-training.ts`); the few constants are measured
 * (docs/adr/0019-memory-of-training.md) and said beside them.
 */

import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import type { MemoryForecast, MemoryPart } from '../../kind.ts';
import { chunkRows } from '../training/head.ts';
import { slotsThatFit } from '../sampling/kv-cache.ts';
import { paddedTime } from '../training/sequence-runner.ts';

export interface MemorySizes {
  decoder: DecoderConfig;
  /** Numbers of an adapter over a frozen base that all models share; null: every weight is trained. */
  adapter: number | null;
  /** A policy is trained; false only samples. */
  training: boolean;
  /** Frozen models beside the policy: the reference, the voting Solver. */
  frozen: number;
  /** Models that sample at the same time. */
  samplers: number;
  slots: number;
  microBatchTokens: number;
  /** Tokens of the longest sequence that is sampled. */
  longest: number;
  /** Tokens of the longest sequence that is trained on. */
  longestTrained: number;
  /** Activations are computed again where they would not fit otherwise, always, or never. */
  recompute: 'auto' | 'on' | 'off';
}

export interface LocalForecast extends MemoryForecast {
  /** Activations of a micro-batch that are kept, at most; of a larger one they are computed again. */
  activationBytes: number;
}

const FLOAT = 4;
/** Node, its worker thread, ONNX Runtime and the program. */
const PROGRAM_BYTES = 180e6;
/** What the runtime's memory arena takes for every byte that is alive: few holes beside activations, which come and go in order. */
const ARENA = 1.05;
/** The same for chunks of logits, which are large and come between activations, and where there are none. */
const ARENA_OF_LOGITS = 2.3;
const ARENA_OF_LOGITS_ALONE = 1.4;

/** What holds these sizes, on a machine with `available` bytes for the process. */
export function forecastMemory(sizes: MemorySizes, available: number): LocalForecast {
  const keeping = partsOf(sizes, false);
  const again = sizes.recompute === 'on' || (sizes.recompute === 'auto' && sum(keeping) > available);
  const parts = sizes.training && again ? partsOf(sizes, true) : keeping;
  const room = available - sum(keeping.filter(({ name }) => name !== ACTIVATIONS));
  const limits = { on: 0, off: Infinity, auto: Math.max(0, room / ARENA) };
  return { parts, bytes: sum(parts), activationBytes: limits[sizes.recompute] };
}

/**
 * Bytes that the whole training graph keeps from the forward to the backward of `tokens` tokens (padding included) in
 * sequences of `time`.
 */
export function activationBytes(decoder: DecoderConfig, tokens: number, time: number): number {
  return decoder.layers * layerFloats(decoder, time) * tokens * FLOAT;
}

/** Per token of a layer: both norms and what they are of, queries, keys and values by head, what attention gives, its weights, and the gated block. */
function layerFloats({ hidden, heads, kvHeads, headDim, intermediate, qkNorm }: DecoderConfig, time: number): number {
  const [query, key] = [heads * headDim, kvHeads * headDim];
  const normed = qkNorm ? query + key : 0;
  return 4 * hidden + 2 * query + 2 * key + normed + heads * time + 4 * intermediate;
}

const ACTIVATIONS = 'activations';

function partsOf(sizes: MemorySizes, again: boolean): MemoryPart[] {
  const { decoder, adapter, training, frozen, samplers } = sizes;
  const whole = parameterCount(decoder) * FLOAT;
  const own = adapter === null ? whole : adapter * FLOAT;
  const policies = training ? 1 : 0;
  // Adapters share one base, and one copy of it that the runtime packs.
  const bases = adapter === null ? 0 : whole;
  const packed = adapter === null ? samplers * whole : Math.min(samplers, 1) * whole;
  const parts = [
    { name: 'program', bytes: PROGRAM_BYTES },
    { name: 'weights', bytes: bases + policies * own },
    { name: 'gradients', bytes: policies * own },
    { name: 'optimizer moments', bytes: 2 * policies * own },
    { name: 'reference and voting Solver', bytes: frozen * own },
    { name: 'published copy', bytes: samplers > 0 ? policies * own : 0 },
    { name: "samplers' packed weights", bytes: packed },
    { name: 'KV cache', bytes: samplers > 0 ? cacheBytes(sizes) : 0 },
    { name: 'logits', bytes: logitsBytes(sizes, again) },
    { name: ACTIVATIONS, bytes: training ? batchBytes(sizes, again) : 0 },
  ];
  return parts.filter(({ bytes }) => bytes > 0);
}

/** One micro-batch of the longest sequences. */
function batchBytes(sizes: MemorySizes, again: boolean): number {
  const { decoder } = sizes;
  const { tokens, time } = microBatch(sizes);
  const kept = activationBytes(decoder, tokens, time);
  const perLayer = kept / decoder.layers;
  // A layer's backward holds about as much again as its forward kept.
  if (!again) return ARENA * (kept + perLayer);
  return (decoder.layers + 3) * decoder.hidden * tokens * FLOAT + ARENA * 2 * perLayer;
}

function cacheBytes({ decoder, slots, longest }: MemorySizes): number {
  const { layers, kvHeads, headDim } = decoder;
  return slotsThatFit(decoder, slots, longest) * longest * layers * 2 * kvHeads * headDim * FLOAT;
}

/**
 * Of training two buffers of a chunk, and without recomputation the output matrix's gradient twice on its way through
 * the loop; of sampling two of all slots.
 */
function logitsBytes(sizes: MemorySizes, again: boolean): number {
  const { decoder, adapter, training, samplers, slots } = sizes;
  const { vocabulary, hidden } = decoder;
  const drawn = samplers > 0 ? 2 * slots * vocabulary * FLOAT : 0;
  if (!training) return drawn;
  const { tokens } = microBatch(sizes);
  const rows = Math.ceil(tokens / Math.ceil(tokens / chunkRows(vocabulary)));
  const chunk = 2 * rows * vocabulary * FLOAT;
  if (again) return drawn + ARENA_OF_LOGITS_ALONE * chunk;
  const matrix = adapter === null ? 2 * vocabulary * hidden * FLOAT : 0;
  return drawn + ARENA_OF_LOGITS * (chunk + matrix);
}

function microBatch({ microBatchTokens, longestTrained }: MemorySizes): { tokens: number; time: number } {
  const time = paddedTime(longestTrained);
  return { tokens: Math.max(1, Math.floor(microBatchTokens / time)) * time, time };
}

function sum(parts: readonly MemoryPart[]): number {
  return parts.reduce((total, { bytes }) => total + bytes, 0);
}
