/**
 * Base weights in memory, loaded once per folder and shared by adapters, references and samplers.
 * Reference-counted: each user retains a base and releases it; the last release frees it. A policy that
 * trains all parameters must not share a base, because it changes its weights in place. Next:
 * `models-in-memory.ts`.
 */

import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { sameShape } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { Decoding } from '../sampling/decoding.ts';

export class SharedBase {
  readonly config: DecoderConfig;
  readonly weights: Weights;
  #threads: number;
  #decodings: Decoding[] = [];
  #holders = 0;
  #users = 0;
  #freed: () => void;

  /** @param freed called when the last user has released it */
  constructor(config: DecoderConfig, weights: Weights, threads: number, freed: () => void = () => {}) {
    this.config = config;
    this.weights = weights;
    this.#threads = threads;
    this.#freed = freed;
  }

  /** Keeps the weights in memory until the matching `release`. */
  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.#freed();
  }

  /** Retains the weights, and keeps decoding sessions open across samplers until the matching `leave`. */
  enter(): this {
    this.#users++;
    return this.retain();
  }

  async leave(): Promise<void> {
    this.#users--;
    if (this.#users === 0) {
      for (const decoding of this.#decodings.splice(0)) await decoding.close();
    }
    this.release();
  }

  /**
   * Returns the decoding session for adapters of one shape. The bare base may use the session of an adapter:
   * zero factors add nothing to any sum, so tokens and log-probabilities have the same bits.
   */
  decoding(adapter: AdapterShape | null): Decoding {
    const known = this.#decodings.find((one) =>
      adapter === null ? true : one.adapter !== null && sameShape(one.adapter, adapter),
    );
    if (known !== undefined) return known;
    const made = new Decoding(this.config, this.weights, this.#threads, adapter);
    this.#decodings.push(made);
    return made;
  }
}

/** Bases by folder. Calls must not overlap; the engine runs them one at a time. */
export class SharedBases {
  #bases = new Map<string, SharedBase>();
  #threads: number;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /**
   * Returns the base of a folder, loaded with `load` if it is not in memory. The caller retains or enters it.
   */
  async get(folder: string, load: () => Promise<{ config: DecoderConfig; weights: Weights }>): Promise<SharedBase> {
    const key = await identityOf(folder);
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const { config, weights } = await load();
    const base = new SharedBase(config, weights, this.#threads, () => this.#bases.delete(key));
    this.#bases.set(key, base);
    return base;
  }
}

/** Identifies a folder together with its weight files, so that a rewritten checkpoint counts as a new one. */
async function identityOf(folder: string): Promise<string> {
  const path = await realpath(folder).catch(() => folder);
  const names = await readdir(path).catch(() => []);
  const files = names.filter((name) => name === 'config.json' || name.endsWith('.safetensors')).toSorted();
  const parts = await Promise.all(
    files.map(async (name) => {
      const { ino, size, mtimeNs } = await stat(join(path, name), { bigint: true });
      return `${name}:${ino}:${size}:${mtimeNs}`;
    }),
  );
  return [path, ...parts].join('\n');
}
