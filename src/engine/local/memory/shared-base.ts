/**
 * Base weights in memory, loaded once per folder and shared by adapters, references and samplers.
 * Reference-counted: each user retains a base and releases it; the last release frees it. A policy that
 * trains all parameters must not share a base, because it changes its weights in place. Next:
 * `models-in-memory.ts`.
 */

import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Tensors } from './tensors.ts';

export class SharedBase {
  readonly config: DecoderConfig;
  readonly tensors: Tensors;
  #closers: (() => Promise<void>)[] = [];
  #holders = 0;
  #users = 0;
  #freed: () => void;

  /** @param freed called when the last user has released it */
  constructor(config: DecoderConfig, tensors: Tensors, freed: () => void = () => {}) {
    this.config = config;
    this.tensors = tensors;
    this.#freed = freed;
  }

  /** Keeps the weights in memory until the matching `release`. */
  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    this.tensors.free();
    this.#freed();
  }

  /** Retains the weights, and keeps sessions over them open across samplers until the matching `leave`. */
  enter(): this {
    this.#users++;
    return this.retain();
  }

  async leave(): Promise<void> {
    this.#users--;
    if (this.#users === 0) {
      for (const close of this.#closers) await close();
    }
    this.release();
  }

  /** Calls `close` whenever the last user has left. */
  whenUnused(close: () => Promise<void>): void {
    this.#closers.push(close);
  }
}

/** Bases by folder. Calls must not overlap; the engine runs them one at a time. */
export class SharedBases {
  #bases = new Map<string, SharedBase>();

  /**
   * Returns the base of a folder, loaded with `load` if it is not in memory. The caller retains or enters it.
   */
  async get(folder: string, load: () => Promise<{ config: DecoderConfig; tensors: Tensors }>): Promise<SharedBase> {
    const key = await identityOf(folder);
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const { config, tensors } = await load();
    const base = new SharedBase(config, tensors, () => this.#bases.delete(key));
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
