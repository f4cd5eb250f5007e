/**
 * Forecasts the memory of the local engine, by part, before anything is loaded. Pure. The formulas count the values
 * that the graphs keep (`decoder.ts`, `head.ts`, `layered-training.ts`). The constants are measured
 * (docs/adr/0019-memory-of-training.md).
 */

import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import type { MemoryForecast, MemoryPart } from '../../kind.ts';
import { chunkRows } from '../training/head.ts';
import { slotsThatFit } from '../sampling/kv-cache.ts';
import { GROUP_PROMPTS, GROUP_TOKENS } from '../sampling/prompt-tokens.ts';
import { paddedTime } from '../training/padding.ts';

export interface MemorySizes {
  decoder: DecoderConfig;
  /** Parameters of an adapter over a frozen base that all models share; null if all weights are trained. */
  adapter: number | null;
  /** True if a policy is trained; false if models only sample. */
  training: boolean;
  /** Number of frozen models in addition to the policy: the reference, the voting Solver. */
  frozen: number;
  /** Number of models that sample at the same time. */
  samplers: number;
  /** True if two samplers share a call (`../sampling/pair/`). */
  paired: boolean;
  slots: number;
  microBatchTokens: number;
  /** Tokens of the longest prompt. */
  prompt: number;
  /** Number of completions that are sampled, passed on and counted at once. */
  completions: number;
  /** Fewest completions of one prompt, which share its keys and values. */
  perPrompt: number;
  /** Tokens of the longest sampled sequence. */
  longest: number;
  /** Tokens of the longest trained sequence. */
  longestTrained: number;
  /** Recomputes activations if they would not fit otherwise (`auto`), always, or never. */
  recompute: 'auto' | 'on' | 'off';
}

export interface LocalForecast extends MemoryForecast {
  /** Maximum bytes of kept activations per micro-batch; above it, activations are recomputed. */
  activationBytes: number;
}

const FLOAT = 4;
/** Node, its worker thread, ONNX Runtime and the program. */
const PROGRAM_BYTES = 180e6;
/** Arena bytes per live byte for activations, which are allocated and freed in order and leave few gaps. */
const ARENA = 1.05;
/** The same for chunks of logits, which are large: allocated between activations, and without activations. */
const ARENA_OF_LOGITS = 2.3;
const ARENA_OF_LOGITS_ALONE = 1.4;

/**
 * Gaps that sampling and training leave in the process's heaps, as shares of their memory, where both stay in memory: over
 * a frozen base no sampler is closed before training. Two runs of SmolLM2-135M on examples/word-problems, 6.7 and 7.1 GB;
 * without the C library's heaps for large blocks (MALLOC_MMAP_THRESHOLD_), most of it went back to the system.
 */
const GAPS_OF_SAMPLING = 0.5;
const GAPS_OF_TRAINING = 0.25;
/** Most gaps, as a multiple of the base's weights: the shipped base with LoRA had none that could be measured (697 MB). */
const MOST_GAPS = 2.5;

/** A worker thread with ONNX Runtime: evolve of the shipped base, tiny scale, 569.6 → 610.3 MB with its peer. */
const THREAD_BYTES = 40e6;
/** Outputs of decoding steps that wait for garbage collection: bytes per output byte, and their maximum. */
const UNCOLLECTED = 1.6;
const MOST_UNCOLLECTED_BYTES = 135e6;
/** A completion's tokens, text and records in the program, with what waits for garbage collection. */
const COMPLETION_BYTES = 18e3;

/** Forecasts the memory for these sizes, with `available` bytes for the process. */
export function forecastMemory(sizes: MemorySizes, available: number): LocalForecast {
  const keeping = partsOf(sizes, false);
  const again = sizes.recompute === 'on' || (sizes.recompute === 'auto' && sum(keeping) > available);
  const parts = sizes.training && again ? partsOf(sizes, true) : keeping;
  const room = available - sum(keeping.filter(({ name }) => name !== ACTIVATIONS));
  const limits = { on: 0, off: Infinity, auto: Math.max(0, room / ARENA) };
  return { parts, bytes: sum(parts), activationBytes: limits[sizes.recompute] };
}

/**
 * Computes the bytes that the training graph keeps from forward to backward, for `tokens` tokens (including padding) in
 * sequences of `time` tokens.
 */
export function activationBytes(decoder: DecoderConfig, tokens: number, time: number): number {
  return decoder.layers * layerFloats(decoder, time) * tokens * FLOAT;
}

/**
 * Counts the floats kept per token of a layer: inputs and outputs of both norms; queries, keys and values by head; the
 * output and the weights of attention; the gated block.
 */
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
  // Adapters share one base and one packed copy of it in the runtime.
  const bases = adapter === null ? 0 : whole;
  const activations = training ? batchBytes(sizes, again) : 0;
  // The sampler of the published copy is closed before the policy is trained.
  const released = training && samplers > 0 ? Math.min(whole, activations) : 0;
  const packed = adapter === null ? samplers * whole - released : Math.min(samplers, 1) * whole;
  const parts = [
    { name: 'program', bytes: PROGRAM_BYTES },
    { name: 'weights', bytes: bases + policies * own },
    { name: 'gradients', bytes: policies * own },
    { name: 'optimizer moments', bytes: 2 * policies * own },
    { name: 'reference and voting Solver', bytes: frozen * own },
    { name: 'published copy', bytes: samplers > 0 ? policies * own : 0 },
    { name: "samplers' packed weights", bytes: packed },
    { name: 'second sampler', bytes: samplers > 0 && sizes.paired ? peerBytes(sizes) : 0 },
    { name: 'KV cache', bytes: samplers > 0 ? cacheBytes(sizes) : 0 },
    { name: 'prefill', bytes: samplers > 0 ? prefillBytes(sizes) : 0 },
    { name: 'outputs of sampling', bytes: samplers > 0 ? outputBytes(sizes) : 0 },
    { name: 'completions', bytes: samplers > 0 ? completionBytes(sizes) : 0 },
    { name: 'logits', bytes: logitsBytes(sizes, again) },
    { name: ACTIVATIONS, bytes: activations },
  ];
  const both = adapter !== null && training && samplers > 0;
  return [...parts, { name: 'gaps', bytes: both ? Math.min(gapBytes(parts), MOST_GAPS * whole) : 0 }].filter(
    ({ bytes }) => bytes > 0,
  );
}

function gapBytes(parts: readonly MemoryPart[]): number {
  const share = ({ name }: MemoryPart): number => {
    if (['KV cache', 'prefill', 'outputs of sampling'].includes(name)) return GAPS_OF_SAMPLING;
    return ['logits', ACTIVATIONS].includes(name) ? GAPS_OF_TRAINING : 0;
  };
  return parts.reduce((total, part) => total + share(part) * part.bytes, 0);
}

/**
 * Computes the memory of the second sampler's thread and of its copies of every sampler's weights: for prompts, and
 * packed for decoding. Both samplers divide the cache and the prompts that run together.
 */
function peerBytes({ decoder, adapter, samplers }: MemorySizes): number {
  const whole = parameterCount(decoder) * FLOAT;
  return THREAD_BYTES + 2 * whole * (adapter === null ? samplers : 1) + samplers * FLOAT * (adapter ?? 0);
}

/** Computes the activations of one micro-batch of the longest sequences. */
function batchBytes(sizes: MemorySizes, again: boolean): number {
  const { decoder } = sizes;
  const { tokens, time } = microBatch(sizes);
  const kept = activationBytes(decoder, tokens, time);
  const perLayer = kept / decoder.layers;
  // The backward of a layer needs about as much memory as its forward kept.
  if (!again) return ARENA * (kept + perLayer);
  return (decoder.layers + 3) * decoder.hidden * tokens * FLOAT + ARENA * 2 * perLayer;
}

/** Computes the keys and values of the new tokens of all running sequences, and of the prompts that they share. */
function cacheBytes({ decoder, slots, prompt, longest, perPrompt }: MemorySizes): number {
  const { layers, kvHeads, headDim } = decoder;
  const rows = slotsThatFit(decoder, slots, longest);
  // A prompt stays until the longest of its completions has ended.
  const prompts = Math.min(rows, Math.ceil((rows * (1 + Math.log(perPrompt))) / perPrompt));
  const tokens = rows * Math.max(0, longest - prompt) + prompts * Math.min(prompt, longest);
  return tokens * layers * 2 * kvHeads * headDim * FLOAT;
}

/**
 * Computes one group of prompts: their keys and values in all layers, and the activations of one layer. What a sampler
 * keeps of earlier prompts counts as part of the group.
 */
function prefillBytes({ decoder, prompt }: MemorySizes): number {
  const tokens = Math.max(prompt, Math.min(GROUP_TOKENS, GROUP_PROMPTS * prompt));
  const { layers, kvHeads, headDim } = decoder;
  const kept = layers * 2 * kvHeads * headDim;
  return ARENA * (kept + layerFloats(decoder, prompt)) * tokens * FLOAT;
}

/** Computes the memory of completions. The thread of a second sampler also holds its half of them. */
function completionBytes({ completions, paired }: MemorySizes): number {
  return (paired ? 1.5 : 1) * completions * COMPLETION_BYTES;
}

/**
 * Computes what the decoding steps of a completion return: new keys and values, logits and masks. JavaScript frees it
 * late, but at the latest above a limit of each thread.
 */
function outputBytes({ decoder, slots, prompt, longest, paired }: MemorySizes): number {
  const { layers, kvHeads, headDim, vocabulary } = decoder;
  const step = layers * 2 * kvHeads * headDim + vocabulary + longest;
  const all = slotsThatFit(decoder, slots, longest) * Math.max(1, longest - prompt) * step * FLOAT;
  return Math.min((paired ? 2 : 1) * MOST_UNCOLLECTED_BYTES, UNCOLLECTED * all);
}

/**
 * Computes the memory of logits. Training: two buffers of a chunk and, without recomputation, two copies of the output
 * matrix's gradient in the loop. Sampling: two buffers of all slots.
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
