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
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { loadTokenizer } from '../../../models/tokenizer/tokenizer.ts';
import { checkAdapt } from '../../check-adapt.ts';
import type { Adaptation } from '../../engine.ts';
import { readVersion } from '../state-folder.ts';
import { type Loaded, PlacedAdapter } from './loaded.ts';
import { SharedBase, SharedBases } from './shared-base.ts';
import { type Place, placeOnHost, type Tensors } from './tensors.ts';

export class ModelsInMemory {
  #bases = new SharedBases();
  #place: Place;

  constructor(place: Place = placeOnHost) {
    this.#place = place;
  }

  /** Opens a folder's model for reading. Enters its base; the caller must `close` it. */
  async open(folder: string): Promise<Loaded> {
    const place = await placeOfModel(folder);
    return this.#over(place, await this.#shared(place), ({ config }) =>
      place.adapter === null ? null : readAdapter(folder, place.adapter, config),
    );
  }

  /**
   * Opens a folder's model for training: an adapter over the shared base, or a private copy of all weights.
   * Enters its base; the caller must `close` it. Throws EngineError `user` if `adapt` contradicts the contents
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
   * release it with `drop`.
   */
  async copy(source: Loaded, version: number): Promise<Loaded> {
    const { adapter, config } = source;
    if (adapter === null) {
      const base = new SharedBase(config, await source.tensors.copy()).retain();
      return { ...source, base, tensors: base.tensors, version };
    }
    const own = new PlacedAdapter(adapter.shape, await adapter.tensors.copy());
    return { ...source, base: source.base.retain(), adapter: own, tensors: together(source.base, own), version };
  }

  /** Opens a copy for reading. The caller must `close` it. */
  enter(copy: Loaded): Loaded {
    copy.adapter?.retain();
    copy.base.enter();
    return copy;
  }

  async close({ base, adapter }: Loaded): Promise<void> {
    adapter?.release();
    await base.leave();
  }

  /** Drops a copy; its memory is freed when it is not open anywhere. */
  drop({ base, adapter }: Loaded): void {
    adapter?.release();
    base.release();
  }

  async #over(
    place: ModelPlace,
    base: SharedBase,
    adapterOver: (base: SharedBase) => Promise<Adapter | null> | Adapter | null,
  ): Promise<Loaded> {
    base.enter();
    try {
      const adapter = await this.#placed(await adapterOver(base));
      const { eosIds, decode } = await loadTokenizer(place.folder);
      const version = await readVersion(place.folder);
      const tensors = together(base, adapter);
      return { config: base.config, base, adapter, tensors, place, version, eosIds, decode };
    } catch (error) {
      await base.leave();
      throw error;
    }
  }

  #shared({ base }: ModelPlace): Promise<SharedBase> {
    return this.#bases.get(base, () => this.#load(base));
  }

  /** Loads weights that are not shared, because training changes them in place. */
  async #own(folder: string): Promise<SharedBase> {
    const { config, tensors } = await this.#load(folder);
    return new SharedBase(config, tensors);
  }

  async #load(folder: string): Promise<{ config: DecoderConfig; tensors: Tensors }> {
    const { config, weights } = await loadCheckpoint(folder);
    return { config, tensors: await this.#place(weights) };
  }

  async #placed(adapter: Adapter | null): Promise<PlacedAdapter | null> {
    return adapter && new PlacedAdapter(adapter.shape, await this.#place(adapter.weights));
  }
}

function shapeOf({ rank, alpha, targets }: Adapter['shape']): Adapter['shape'] {
  return { rank, alpha, targets };
}

/** Combines the tensors themselves, without copying. */
function together(base: SharedBase, adapter: PlacedAdapter | null): Tensors {
  return adapter === null ? base.tensors : base.tensors.with(adapter.tensors);
}
