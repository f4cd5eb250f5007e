/** The engine on the processor: sessions that models of one architecture and adapter shape share. */

import { sameShape } from '../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../models/decoder-config.ts';
import type { AdapterShape } from '../../types.ts';
import type { Example } from '../engine.ts';
import type { Backend, LocalSampler } from './backend.ts';
import { activationBytes } from './memory/forecast-memory.ts';
import type { Loaded } from './memory/loaded.ts';
import type { SharedBase } from './memory/shared-base.ts';
import { hostWeights, placeOnHost } from './memory/tensors.ts';
import { BatchSampler } from './sampling/batch-sampler.ts';
import { Decoding } from './sampling/decoding.ts';
import { Prefill } from './sampling/prefill.ts';
import type { LocalEngineOptions } from './protocol.ts';
import type { TrainerStart } from './state-folder.ts';
import { onHost, SequenceRunner, type SequenceScores, type Tick } from './training/sequence-runner.ts';
import { Trainer } from './training/trainer.ts';

interface Sessions {
  runner: SequenceRunner;
  prefill: Prefill;
}

export class HostBackend implements Backend {
  readonly place = placeOnHost;
  #options: LocalEngineOptions;
  #threads: number;
  #sessions = new Map<string, Sessions>();
  #decodings = new WeakMap<SharedBase, Decoding[]>();

  constructor(options: LocalEngineOptions, threads: number) {
    this.#options = options;
    this.#threads = threads;
  }

  train(source: Loaded, start: TrainerStart): Promise<Trainer> {
    const { runner } = this.#sessionsFor(source);
    return Promise.resolve(new Trainer(runner, hostWeights(source.tensors), start, this.#threads));
  }

  score(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#sessionsFor(loaded).runner.score(loaded.tensors.feed, examples, tick);
  }

  openSampler(loaded: Loaded): Promise<LocalSampler> {
    const { slots, sharePrompts } = this.#options;
    const { eosIds, decode, version: policyVersion } = loaded;
    const decoding = this.decoding(loaded.base, loaded.adapter?.shape ?? null);
    const options = { slots, eosIds, decode, policyVersion, sharePrompts };
    const sampler = new BatchSampler(hostWeights(loaded.tensors), this.#sessionsFor(loaded).prefill, decoding, options);
    // The decoding session stays open for other samplers over this base.
    return Promise.resolve({
      sample: (requests, control) => sampler.sample(requests, control),
      close: () => Promise.resolve(),
    });
  }

  async close(): Promise<void> {
    for (const { runner, prefill } of this.#sessions.values()) {
      await runner.close();
      await prefill.close();
    }
  }

  /**
   * Returns the decoding session over a base for adapters of one shape, open until the base has no user. The bare base
   * may use the session of an adapter: zero factors add nothing to any sum, so tokens and log-probabilities have the
   * same bits.
   */
  decoding(base: SharedBase, adapter: AdapterShape | null): Decoding {
    const opened = this.#decodingsOf(base);
    const known = opened.find((one) =>
      adapter === null ? true : one.adapter !== null && sameShape(one.adapter, adapter),
    );
    if (known !== undefined) return known;
    const made = new Decoding(base.config, hostWeights(base.tensors), this.#threads, adapter);
    opened.push(made);
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

  #sessionsFor({ config, adapter }: Loaded): Sessions {
    const shape = adapter?.shape ?? null;
    const key = JSON.stringify({ config, shape });
    let sessions = this.#sessions.get(key);
    if (sessions === undefined) {
      sessions = this.#open(config, shape);
      this.#sessions.set(key, sessions);
    }
    return sessions;
  }

  #open(config: DecoderConfig, shape: AdapterShape | null): Sessions {
    const { microBatchTokens, activationBytes: most = Infinity } = this.#options;
    const recompute = (count: number, time: number): boolean => activationBytes(config, count * time, time) > most;
    return {
      runner: new SequenceRunner(config, onHost(this.#threads), { microBatchTokens, recompute }, shape),
      prefill: new Prefill(config, this.#threads, shape),
    };
  }
}
