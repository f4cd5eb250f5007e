/**
 * Base weights in memory, once per folder, however many adapters, references and samplers stand on them. Who uses a
 * base retains it and releases it again; the last one to go frees it. A policy that trains every parameter must not
 * stand on one: it changes its weights in place, so it has its own.
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

  /** @param freed called when nobody holds it any more */
  constructor(config: DecoderConfig, weights: Weights, threads: number, freed: () => void = () => {}) {
    this.config = config;
    this.weights = weights;
    this.#threads = threads;
    this.#freed = freed;
  }

  /** Keeps the weights until the `release` that belongs to it. */
  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.#freed();
  }

  /** Retains, and keeps decoding sessions open from one sampler to the next until the `leave` that belongs to it. */
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
   * The decoding session for adapters of one shape. The bare base shares one that is there: factors of zero add
   * nothing to any sum, so its tokens and log-probabilities are the same to the last bit.
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

/** Bases by folder. Calls must not overlap: the engine answers one after another. */
export class SharedBases {
  #bases = new Map<string, SharedBase>();
  #threads: number;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** The base of a folder, in memory already or by `load`. The caller retains or enters it. */
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

/** Of the folder and its weight files: a checkpoint that was written anew in the same place is another one. */
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
