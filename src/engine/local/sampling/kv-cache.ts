/**
 * KV cache of running sequences, `[slots, kvHeads, capacity, headDim]` per layer, passed to the runtime
 * without copying. Capacity grows in small steps within memory that is allocated once, so attention reads
 * little beyond the longest running sequence.
 *
 * Positions after a sequence's length contain stale values, which are masked. They must be finite, so the
 * caller stores only finite values. Used by `batch-sampler.ts` and `prompt-groups.ts`.
 */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { type CachedPrompt, tokensOf } from './prefill/cached-prompt.ts';

const CAPACITY_STEP = 16;
/** Maximum memory of a cache; above it, fewer sequences run at once. */
const CACHE_BYTES = 2 * 2 ** 30;

/**
 * Returns how many sequences of up to `positions` tokens are decoded at once: `wanted`, or as many as fit
 * into the cache's memory.
 */
export function slotsThatFit(
  config: Pick<DecoderConfig, 'layers' | 'kvHeads' | 'headDim'>,
  wanted: number,
  positions: number,
): number {
  const { layers, kvHeads, headDim } = config;
  const perSequence = 2 * layers * kvHeads * headDim * roundUp(positions) * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(wanted, Math.floor(CACHE_BYTES / perSequence)));
}

export class KvCache {
  readonly slots: number;
  #capacity = 0;
  #longest: number;
  #heads: number;
  #headDim: number;
  #keys: Float32Array[];
  #values: Float32Array[];

  /** @param longest maximum length of a sequence in tokens */
  constructor(config: DecoderConfig, slots: number, longest: number) {
    this.slots = slots;
    this.#longest = roundUp(longest);
    this.#heads = config.kvHeads;
    this.#headDim = config.headDim;
    // The operating system commits memory on first use, so unused room for long sequences costs nothing.
    const size = slots * config.kvHeads * this.#longest * config.headDim;
    this.#keys = Array.from({ length: config.layers }, () => new Float32Array(size));
    this.#values = Array.from({ length: config.layers }, () => new Float32Array(size));
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Returns a view of the first `batch` slots. */
  keys(layer: number, batch: number): Float32Array {
    return this.#keys[layer].subarray(0, batch * this.#slotSize());
  }

  values(layer: number, batch: number): Float32Array {
    return this.#values[layer].subarray(0, batch * this.#slotSize());
  }

  dims(batch: number): number[] {
    return [batch, this.#heads, this.#capacity, this.#headDim];
  }

  /** Makes room for sequences of `length` tokens by spreading the rows in place. */
  reserve(length: number): void {
    if (length <= this.#capacity) return;
    if (length > this.#longest) throw new Error('a sequence outgrew its cache');
    const before = this.#capacity * this.#headDim;
    this.#capacity = roundUp(length);
    const after = this.#capacity * this.#headDim;
    if (before === 0) return;
    for (const cache of [...this.#keys, ...this.#values]) {
      for (let row = this.slots * this.#heads - 1; row > 0; row--) {
        cache.copyWithin(row * after, row * before, (row + 1) * before);
      }
    }
  }

  /** Copies a prompt into a slot. */
  load(slot: number, prompt: CachedPrompt): void {
    this.reserve(prompt.length);
    let position = 0;
    for (const part of prompt.parts) {
      const start = position * this.#headDim;
      const paste = (cache: Float32Array, source: Float32Array): void => {
        for (let head = 0; head < this.#heads; head++) {
          cache.set(tokensOf(source, part, head, this.#headDim), this.#offset(slot, head) + start);
        }
      };
      part.keys.forEach((source, layer) => paste(this.#keys[layer], source));
      part.values.forEach((source, layer) => paste(this.#values[layer], source));
      position += part.length;
    }
  }

  /**
   * Stores one new token per slot.
   *
   * @param keys `[batch, kvHeads, 1, headDim]`
   * @param positions position of each token, `[batch]`
   */
  append(layer: number, keys: Float32Array, values: Float32Array, positions: readonly number[]): void {
    this.#scatter(this.#keys[layer], keys, positions);
    this.#scatter(this.#values[layer], values, positions);
  }

  /** Copies the first `length` positions of slot `from` over slot `to`. */
  move(from: number, to: number, length: number): void {
    for (const cache of [...this.#keys, ...this.#values]) {
      for (let head = 0; head < this.#heads; head++) {
        const start = this.#offset(from, head);
        cache.copyWithin(this.#offset(to, head), start, start + length * this.#headDim);
      }
    }
  }

  #scatter(cache: Float32Array, source: Float32Array, positions: readonly number[]): void {
    let at = 0;
    for (let slot = 0; slot < positions.length; slot++) {
      for (let head = 0; head < this.#heads; head++) {
        const to = this.#offset(slot, head) + positions[slot] * this.#headDim;
        cache.set(source.subarray(at, (at += this.#headDim)), to);
      }
    }
  }

  #slotSize(): number {
    return this.#heads * this.#capacity * this.#headDim;
  }

  #offset(slot: number, head: number): number {
    return (slot * this.#heads + head) * this.#capacity * this.#headDim;
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP;
}
