/**
 * Weights to sample from: the served model, a checkpoint, or a snapshot of a model in training. Each stays as it was
 * when it was made. Of one model, the newest snapshots stay in memory; older ones are moved to the disk, where a restart
 * removes them. Samplers are opened when they are needed, and the ones that were not used for longest are closed.
 */

import type { Engine, Sampler, SnapshotRef, WeightsRef } from '../../../engine/engine.ts';
import { RequestFailure } from '../failure.ts';

export interface Source {
  /** Sources with the same key have the same weights. */
  readonly key: string;
  ref: WeightsRef;
  /** Whether it was freed. */
  gone: boolean;
}

export interface SnapshotSource extends Source {
  /** The model that it is of. */
  readonly modelId: string;
}

/** Samplers that stay open, besides that of the served model. */
const OPEN = 8;

export class Sources {
  #engine: Engine;
  /** Folder for the snapshots that are moved out of memory. */
  #spillHome: string;
  #inMemory: number;
  readonly base: Source;
  /** Open samplers, the least recently used one first. */
  #open = new Map<string, Sampler>();
  #snapshots = new Map<string, SnapshotSource[]>();
  #count = 0;

  constructor(engine: Engine, options: { base: WeightsRef; spillHome: string; inMemory: number }) {
    this.#engine = engine;
    this.base = { key: 'base', ref: options.base, gone: false };
    this.#spillHome = options.spillHome;
    this.#inMemory = options.inMemory;
  }

  /** Adds a published snapshot. Must run as a job of the queue. */
  async addSnapshot(modelId: string, ref: SnapshotRef): Promise<SnapshotSource> {
    const source: SnapshotSource = { key: `snapshot-${++this.#count}`, modelId, ref, gone: false };
    const own = this.#snapshots.get(modelId) ?? [];
    own.push(source);
    this.#snapshots.set(modelId, own);
    const inMemory = own.filter((one) => one.ref.kind === 'snapshot');
    for (const old of inMemory.slice(0, -this.#inMemory)) await this.#spill(old);
    return source;
  }

  /** Returns a sampler over the weights. Must run as a job of the queue, and be used within it. */
  async sampler(source: Source): Promise<Sampler> {
    if (source.gone) throw new RequestFailure('These weights are no longer kept: their session has ended.');
    const known = this.#open.get(source.key);
    const sampler = known ?? (await this.#engine.openSampler(source.ref));
    this.#open.delete(source.key);
    this.#open.set(source.key, sampler);
    const others = [...this.#open.keys()].filter((key) => key !== this.base.key);
    for (const key of others.slice(0, -OPEN)) await this.#close(key);
    return sampler;
  }

  /** Frees a source. A snapshot is deleted; a checkpoint is not. Must run as a job of the queue. */
  async free(source: Source): Promise<void> {
    if (source.gone || source === this.base) return;
    await this.#close(source.key);
    if (!isSnapshot(source)) return;
    source.gone = true;
    const left = (this.#snapshots.get(source.modelId) ?? []).filter((one) => one !== source);
    if (left.length > 0) this.#snapshots.set(source.modelId, left);
    else this.#snapshots.delete(source.modelId);
    await this.#engine.remove(source.ref);
  }

  async #spill(source: SnapshotSource): Promise<void> {
    const { ref } = source;
    if (this.#engine.keep === undefined || ref.kind !== 'snapshot') return;
    source.ref = await this.#engine.keep(ref, { home: this.#spillHome, name: source.key });
    await this.#close(source.key);
    await this.#engine.remove(ref);
  }

  async #close(key: string): Promise<void> {
    const sampler = this.#open.get(key);
    this.#open.delete(key);
    await sampler?.close();
  }
}

function isSnapshot(source: Source): source is SnapshotSource {
  return 'modelId' in source;
}
