/**
 * Keys and values of running sequences, `[slots, kvHeads, capacity, headDim]` per layer, handed to the
 * runtime without copying. Capacity grows in small steps, so attention never reads far beyond the
 * longest running sequence.
 */

import type { DecoderConfig } from '../../models/decoder-config.ts';

const CAPACITY_STEP = 16;

/** One sequence's keys and values per layer, `[kvHeads, length, headDim]`. */
export interface CachedPrompt {
  keys: Float32Array[];
  values: Float32Array[];
  length: number;
}

export class KvCache {
  readonly slots: number;
  #capacity = 0;
  #heads: number;
  #headDim: number;
  #keys: Float32Array[];
  #values: Float32Array[];

  constructor(config: DecoderConfig, slots: number) {
    this.slots = slots;
    this.#heads = config.kvHeads;
    this.#headDim = config.headDim;
    this.#keys = Array.from({ length: config.layers }, () => new Float32Array(0));
    this.#values = Array.from({ length: config.layers }, () => new Float32Array(0));
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** View of the first `batch` slots. */
  keys(layer: number, batch: number): Float32Array {
    return this.#keys[layer].subarray(0, batch * this.#slotSize());
  }

  values(layer: number, batch: number): Float32Array {
    return this.#values[layer].subarray(0, batch * this.#slotSize());
  }

  dims(batch: number): number[] {
    return [batch, this.#heads, this.#capacity, this.#headDim];
  }

  /** Makes room for sequences of `length` tokens. */
  reserve(length: number): void {
    if (length <= this.#capacity) return;
    const before = this.#capacity;
    this.#capacity = Math.ceil(length / CAPACITY_STEP) * CAPACITY_STEP;
    const grown = (cache: Float32Array): Float32Array => {
      const out = new Float32Array(this.slots * this.#slotSize());
      for (let row = 0; row < this.slots * this.#heads; row++) {
        const source = cache.subarray(row * before * this.#headDim, (row + 1) * before * this.#headDim);
        out.set(source, row * this.#capacity * this.#headDim);
      }
      return out;
    };
    this.#keys = this.#keys.map(grown);
    this.#values = this.#values.map(grown);
  }

  /** Puts a prompt into a slot. */
  load(slot: number, prompt: CachedPrompt): void {
    this.reserve(prompt.length);
    const paste = (cache: Float32Array, source: Float32Array): void => {
      const size = prompt.length * this.#headDim;
      for (let head = 0; head < this.#heads; head++) {
        cache.set(source.subarray(head * size, (head + 1) * size), this.#offset(slot, head));
      }
    };
    prompt.keys.forEach((source, layer) => paste(this.#keys[layer], source));
    prompt.values.forEach((source, layer) => paste(this.#values[layer], source));
  }

  /**
   * Stores one new token per slot.
   * @param keys `[batch, kvHeads, 1, headDim]`
   * @param positions where each goes, `[batch]`
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
        for (let i = 0; i < this.#headDim; i++) cache[to + i] = source[at++];
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
