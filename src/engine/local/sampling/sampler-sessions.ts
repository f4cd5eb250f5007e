/**
 * The sessions that samplers on the processor share, all with the same number of threads: prefill by architecture and
 * adapter shape, decoding by base and adapter shape.
 */

import { sameShape } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { Loaded } from '../memory/loaded.ts';
import type { SharedBase } from '../memory/shared-base.ts';
import { hostWeights } from '../memory/tensors.ts';
import { BatchSampler } from './batch-sampler.ts';
import { Decoding } from './decoding.ts';
import { Prefill } from './prefill/prefill.ts';

export interface SamplerSessionOptions {
  threads: number;
  slots: number;
  sharePrompts?: boolean;
}

/** What a sampler needs of a model. */
export type Sampled = Omit<Loaded, 'place'>;

export class SamplerSessions {
  #options: SamplerSessionOptions;
  #prefills = new Map<string, Prefill>();
  #decodings = new WeakMap<SharedBase, Decoding[]>();

  constructor(options: SamplerSessionOptions) {
    this.#options = options;
  }

  /** Returns a sampler. Its decoding session stays open for other samplers, until the base has no user. */
  sampler(model: Sampled): BatchSampler {
    const { slots, sharePrompts } = this.#options;
    const { config, base, adapter, tensors, eosIds, decode, version: policyVersion } = model;
    const shape = adapter?.shape ?? null;
    const options = { slots, sharePrompts, eosIds, decode, policyVersion };
    return new BatchSampler(hostWeights(tensors), this.#prefill(config, shape), this.#decoding(base, shape), options);
  }

  /** Returns whether a decoding session for this model exists. */
  serves({ base, adapter }: Sampled): boolean {
    return this.#known(base, adapter?.shape ?? null) !== undefined;
  }

  /** Decoding sessions are closed by their bases. */
  async close(): Promise<void> {
    for (const prefill of this.#prefills.values()) await prefill.close();
  }

  /**
   * The bare base may use the session of an adapter: zero factors add nothing to any sum, so tokens and
   * log-probabilities have the same bits.
   */
  #known(base: SharedBase, adapter: AdapterShape | null): Decoding | undefined {
    return this.#decodings
      .get(base)
      ?.find((one) => adapter === null || (one.adapter !== null && sameShape(one.adapter, adapter)));
  }

  #decoding(base: SharedBase, adapter: AdapterShape | null): Decoding {
    const known = this.#known(base, adapter);
    if (known !== undefined) return known;
    const made = new Decoding(base.config, hostWeights(base.tensors), this.#options.threads, adapter);
    this.#decodingsOf(base).push(made);
    return made;
  }

  #decodingsOf(base: SharedBase): Decoding[] {
    const known = this.#decodings.get(base);
    if (known !== undefined) return known;
    const opened: Decoding[] = [];
    this.#decodings.set(base, opened);
    base.whenUnused(async () => {
      for (const decoding of opened.splice(0)) await decoding.close();
    });
    return opened;
  }

  #prefill(config: Loaded['config'], shape: AdapterShape | null): Prefill {
    const key = JSON.stringify({ config, shape });
    const known = this.#prefills.get(key) ?? new Prefill(config, this.#options.threads, shape);
    this.#prefills.set(key, known);
    return known;
  }
}
