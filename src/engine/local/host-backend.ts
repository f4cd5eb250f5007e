/** The engine on the processor: sessions that models of one architecture and adapter shape share. */

import type { Example, TokenMeasures } from '../engine.ts';
import type { Backend, LocalSampler } from './backend.ts';
import { activationBytes } from './memory/forecast-memory.ts';
import type { Loaded } from './memory/loaded.ts';
import { hostWeights, placeOnHost } from './memory/tensors.ts';
import { PairSampler, type PairSessions } from './sampling/pair/pair-sampler.ts';
import { pairSuits } from './sampling/pair/pays.ts';
import { Peer } from './sampling/pair/peer.ts';
import { SamplerSessions } from './sampling/sampler-sessions.ts';
import type { LocalEngineOptions } from './protocol.ts';
import { gateInUse } from './session.ts';
import type { TrainerStart } from './state-folder.ts';
import { onHost, SequenceRunner, type SequenceScores, type Tick } from './training/sequence-runner.ts';
import { Trainer } from './training/trainer.ts';

export class HostBackend implements Backend {
  readonly place = placeOnHost;
  #options: LocalEngineOptions;
  #threads: number;
  #runners = new Map<string, SequenceRunner>();
  #whole: SamplerSessions;
  #pair: PairSessions;

  constructor(options: LocalEngineOptions, threads: number) {
    this.#options = options;
    this.#threads = threads;
    const { slots, sharePrompts } = options;
    const one = { threads: 1, slots, sharePrompts };
    this.#whole = new SamplerSessions({ threads, slots, sharePrompts });
    this.#pair = {
      whole: this.#whole,
      half: new SamplerSessions(one),
      peer: new Peer({ options: one, gate: gateInUse() }),
    };
  }

  train(source: Loaded, start: TrainerStart): Promise<Trainer> {
    return Promise.resolve(new Trainer(this.#runnerFor(source), hostWeights(source.tensors), start, this.#threads));
  }

  score(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#runnerFor(loaded).score(loaded.tensors.feed, examples, tick);
  }

  measure(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<TokenMeasures[]> {
    return this.#runnerFor(loaded).measure(loaded.tensors.feed, examples, tick);
  }

  openSampler(loaded: Loaded): Promise<LocalSampler> {
    const { pairSamplers = true, sharePrompts = true } = this.#options;
    const paired = pairSamplers && sharePrompts && pairSuits(loaded.config, this.#threads);
    if (paired) return Promise.resolve(new PairSampler(loaded, this.#pair));
    const sampler = this.#whole.sampler(loaded);
    return Promise.resolve({
      sample: (requests, control) => sampler.sample(requests, control),
      close: () => Promise.resolve(),
    });
  }

  async close(): Promise<void> {
    for (const runner of this.#runners.values()) await runner.close();
    await this.#pair.peer.close();
    for (const sessions of [this.#whole, this.#pair.half]) await sessions.close();
  }

  #runnerFor({ config, adapter }: Loaded): SequenceRunner {
    const shape = adapter?.shape ?? null;
    const key = JSON.stringify({ config, shape });
    const { microBatchTokens, activationBytes: most = Infinity } = this.#options;
    const recompute = (count: number, time: number): boolean => activationBytes(config, count * time, time) > most;
    const known =
      this.#runners.get(key) ??
      new SequenceRunner(config, onHost(this.#threads), { microBatchTokens, recompute }, shape);
    this.#runners.set(key, known);
    return known;
  }
}
