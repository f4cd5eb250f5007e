/**
 * Models in memory: opens folders for sampling or training, and copies snapshots. Checkpoints that are only
 * read, and the bases of adapters, are shared (`shared-base.ts`). Running a model is in `sampling/` and
 * `training/`.
 */

import { type Adapter, newAdapter } from '../../../models/adapters/adapter.ts';
import { type ModelPlace, placeOfModel } from '../../../models/adapters/adapter-base.ts';
import { adapterShapeOf, readAdapter } from '../../../models/adapters/adapter-folder.ts';
import { pinBase } from '../../../models/adapters/base-pin.ts';
import { loadCheckpoint } from '../../../models/checkpoint.ts';
import type { Weights } from '../../../models/decoder-config.ts';
import { loadTokenizer } from '../../../models/tokenizer/tokenizer.ts';
import { checkAdapt } from '../../check-adapt.ts';
import type { Adaptation } from '../../engine.ts';
import { readVersion } from '../state-folder.ts';
import type { Loaded } from './loaded.ts';
import { SharedBase, SharedBases } from './shared-base.ts';

export class ModelsInMemory {
  #bases: SharedBases;
  #threads: number;

  constructor(threads: number) {
    this.#threads = threads;
    this.#bases = new SharedBases(threads);
  }

  /** Opens a folder's model for reading. Enters its base; the caller must leave it. */
  async open(folder: string): Promise<Loaded> {
    const place = await placeOfModel(folder);
    return this.#over(place, await this.#shared(place), ({ config }) =>
      place.adapter === null ? null : readAdapter(folder, place.adapter, config),
    );
  }

  /**
   * Opens a folder's model for training: an adapter over the shared base, or a private copy of all weights.
   * Enters its base; the caller must leave it. Throws EngineError `user` if `adapt` contradicts the contents
   * of the folder.
   */
  async openToTrain(folder: string, adapt: Adaptation | undefined): Promise<Loaded> {
    const place = await placeOfModel(folder);
    if (place.adapter === null && adapt?.kind !== 'lora') {
      checkAdapt(adapt, null, folder);
      return this.#over(place, await this.#own(folder), () => null);
    }
    // The adapter's states record the base that they were trained on.
    const basePin = place.basePin ?? (await pinBase(place.base));
    return this.#over({ ...place, basePin }, await this.#shared(place), async ({ config }) => {
      const saved = place.adapter === null ? null : adapterShapeOf(folder, place.adapter, config);
      checkAdapt(adapt, saved, folder);
      if (place.adapter !== null) return readAdapter(folder, place.adapter, config);
      return adapt?.kind === 'lora' ? newAdapter(config, shapeOf(adapt), adapt.seed) : null;
    });
  }

  /**
   * Makes an immutable copy of the adapter's factors, or of all weights. Retains its base; the caller must
   * release it.
   */
  copy(source: Loaded, version: number): Loaded {
    const { adapter, config } = source;
    if (adapter === null) {
      const base = new SharedBase(config, copied(source.weights), this.#threads).retain();
      return { ...source, base, weights: base.weights, version };
    }
    const own = { shape: adapter.shape, weights: copied(adapter.weights) };
    return { ...source, base: source.base.retain(), adapter: own, weights: together(source.base, own), version };
  }

  async #over(
    place: ModelPlace,
    base: SharedBase,
    adapterOver: (base: SharedBase) => Promise<Adapter | null> | Adapter | null,
  ): Promise<Loaded> {
    base.enter();
    try {
      const adapter = await adapterOver(base);
      const { eosIds, decode } = await loadTokenizer(place.folder);
      const version = await readVersion(place.folder);
      const weights = together(base, adapter);
      return { config: base.config, base, adapter, weights, place, version, eosIds, decode };
    } catch (error) {
      await base.leave();
      throw error;
    }
  }

  #shared({ base }: ModelPlace): Promise<SharedBase> {
    return this.#bases.get(base, () => loadCheckpoint(base));
  }

  /** Loads weights that are not shared, because training changes them in place. */
  async #own(folder: string): Promise<SharedBase> {
    const { config, weights } = await loadCheckpoint(folder);
    return new SharedBase(config, weights, this.#threads);
  }
}

function shapeOf({ rank, alpha, targets }: Adapter['shape']): Adapter['shape'] {
  return { rank, alpha, targets };
}

/** Combines the arrays themselves, without copying. */
function together(base: SharedBase, adapter: Adapter | null): Weights {
  return adapter === null ? base.weights : new Map([...base.weights, ...adapter.weights]);
}

function copied(weights: Weights): Weights {
  return new Map(Array.from(weights, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}
