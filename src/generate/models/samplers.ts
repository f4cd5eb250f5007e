/**
 * Open models of one engine. A model is opened when it is first needed; the ones that were not used for longest are closed
 * when their weights take too much memory. Adapters share the weights of their base.
 */

import type { Engine, ModelInfo, Sampler } from '../../engine/engine.ts';
import { savedFolder } from '../../engine/local/states.ts';
import { EngineError } from '../../errors.ts';
import { placeOfModel } from '../../models/adapters/adapter-base.ts';
import { readModelConfig } from '../../models/checkpoint.ts';
import { parameterCount } from '../../models/decoder-config.ts';
import type { FoundEntry } from './catalogue.ts';

/** A model whose weights are in memory. */
export interface OpenSampler {
  readonly sampler: Sampler;
  readonly info: ModelInfo;
}

interface Held extends OpenSampler {
  /** Folder of the weights that it shares with others. */
  base: string;
  baseBytes: number;
  ownBytes: number;
}

type Size = Pick<Held, 'base' | 'baseBytes'>;

export class Samplers {
  #engine: Engine;
  #limit: number;
  /** Open samplers, the least recently used one first. */
  #open = new Map<string, Held>();

  /** @param limitBytes most bytes of weights that stay in memory; the model in use may not be larger either */
  constructor(engine: Engine, limitBytes: number) {
    this.#engine = engine;
    this.#limit = limitBytes;
  }

  /** Names of the open models' keys. */
  get keys(): string[] {
    return [...this.#open.keys()];
  }

  /**
   * Returns an open model. Calls must not overlap, and a sampler is used before the next call.
   * @throws EngineError `budget` if the model is larger than the limit; else as the engine
   */
  async get(model: Pick<FoundEntry, 'id' | 'key' | 'weights'>): Promise<OpenSampler> {
    const known = this.#open.get(model.key);
    if (known !== undefined) {
      this.#open.delete(model.key);
      this.#open.set(model.key, known);
      return known;
    }
    const size = await sizeOf(model);
    if (size.baseBytes > this.#limit) throw tooLarge(model.id, size.baseBytes, this.#limit);
    await this.#makeRoom(size);
    const sampler = await this.#engine.openSampler(model.weights);
    try {
      const info = await this.#engine.inspect(model.weights);
      const held = { sampler, info, ...size, ownBytes: 4 * (info.adapter?.parameters ?? 0) };
      this.#open.set(model.key, held);
      return held;
    } catch (error) {
      await sampler.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const { sampler } of this.#open.values()) await sampler.close();
    this.#open.clear();
  }

  async #makeRoom(added: Size): Promise<void> {
    for (const [key, { sampler }] of this.#open) {
      if (this.#bytesWith(added) <= this.#limit) return;
      this.#open.delete(key);
      await sampler.close();
    }
  }

  #bytesWith(added: Size): number {
    const bases = new Map([...this.#open.values(), added].map(({ base, baseBytes }) => [base, baseBytes]));
    const own = [...this.#open.values()].reduce((sum, { ownBytes }) => sum + ownBytes, 0);
    return own + [...bases.values()].reduce((sum, bytes) => sum + bytes, 0);
  }
}

/** Returns the size of the weights that a model loads. Weights outside a folder have an unknown size, counted as 0. */
async function sizeOf({ weights, key }: Pick<FoundEntry, 'weights' | 'key'>): Promise<Size> {
  const folder = savedFolder(weights);
  if (folder === null) return { base: key, baseBytes: 0 };
  const { base } = await placeOfModel(folder);
  return { base, baseBytes: 4 * parameterCount(await readModelConfig(base)) };
}

function tooLarge(id: string, bytes: number, limit: number): EngineError {
  const shown = (value: number): string => `${(value / 2 ** 30).toFixed(1)} GiB`;
  return new EngineError(
    'budget',
    `The weights of ${id} take ${shown(bytes)}; models may take ${shown(limit)} of this machine's memory.`,
    'Name a smaller model, or use a machine with more memory.',
  );
}
