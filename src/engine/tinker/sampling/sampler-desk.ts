/** Opens the samplers of an engine: of the base, of published weights, and of saved states. */

import type { Ctl, Example, Purpose, Sampler, StateRef, WeightsRef } from '../../engine.ts';
import { BESIDE_BASE, loraConfig } from '../base/adapter-config.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import { maskedLogprobs } from '../datum.ts';
import type { Shared } from '../shared.ts';
import { calling } from '../failures.ts';
import { TrainedModel } from '../policy/trained-model.ts';
import { traitsOf } from '../policy/traits.ts';
import type { RemoteService } from '../remote-service.ts';
import { ServiceError } from '../service.ts';
import { checkpointName, type SavedState, savedState } from '../states/record.ts';
import { recordSampler } from '../states/remote-states.ts';
import { checkBaseBeside, scoresByTrainer } from './decisions.ts';
import { remoteSampler, type SamplerHost } from './sampler.ts';
import { renewable, type SessionSource } from './session-source.ts';

/** What a sampler is opened over. */
interface Opened {
  service: RemoteService;
  facts: BaseFacts;
  source: SessionSource;
  version: number;
  /** Scores with the trainer. */
  score(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export class SamplerDesk {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Opens a sampler; see `Engine.openSampler`. */
  open(ref: WeightsRef, purpose?: Purpose): Promise<Sampler> {
    return calling('open a sampler', async () => {
      const opened = await this.#opened(ref, purpose);
      const { service, facts, source } = opened;
      const [{ maxContext }, found] = await Promise.all([service.base(), service.sampling(facts)]);
      const findings = await service.findings();
      const host: SamplerHost = {
        busy: this.#shared.busy,
        places: this.#shared.places,
        service: service.api,
        limits: { vocabulary: facts.vocabulary, maxContext: this.#shared.contextOf(facts, maxContext) },
        found,
        rules: facts,
        byTrainer: scoresByTrainer(findings, purpose),
        scoreByTrainer: opened.score,
        close: opened.close,
      };
      await source.session();
      return remoteSampler(host, source, ref, opened.version);
    });
  }

  /** Makes weights to sample from of a state, for as long as the work with their path takes. */
  async withSamplerPath<T>(saved: SavedState, work: (path: string) => Promise<T>): Promise<T> {
    const service = this.#shared.services.of(saved);
    const model = await this.#model(service, await this.#shared.factsOf(saved.folder), saved);
    try {
      const path = await model.with((remote) => remote.saveWeightsForSampler(checkpointName('export')));
      try {
        return await work(path);
      } finally {
        await service.api.deleteCheckpoint(path).catch(() => undefined);
      }
    } finally {
      await model.close();
    }
  }

  async #opened(ref: WeightsRef, purpose?: Purpose): Promise<Opened> {
    const { services, identity, snapshots } = this.#shared;
    if (ref.kind === 'snapshot') {
      const { service, facts, policy, version } = snapshots.find(ref.id);
      const score = (examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]> =>
        policy.during(async (model) => {
          snapshots.confirmCurrent(ref.id);
          return scored(model, examples, ctl);
        });
      return { service, facts, version, source: snapshots.source(ref.id), score, close: async () => {} };
    }
    if (ref.kind === 'state') return this.#openedState(ref, purpose);
    const service = services.for(purpose);
    const { name } = await service.base();
    const facts = await identity.open(ref.path, name);
    const lazy = lazily(() => this.#model(service, facts, null));
    const found = await service.sampling(facts);
    if (found.base) checkBaseBeside(await service.findings(), service.api.url);
    // A service may sample adapters only: a new one does not change the base.
    const published = renewable(async () => (await lazy.get()).with((model) => model.publish()));
    const source = found.base ? service.baseSession : published;
    return { service, facts, version: 0, source, score: lazy.score, close: lazy.close };
  }

  async #openedState(ref: StateRef, purpose?: Purpose): Promise<Opened> {
    const saved = await savedState(ref);
    const { services } = this.#shared;
    const service = services.of(saved);
    if (purpose?.reference === true) services.confirmKeeper(service, services.for(purpose), ref.id);
    const facts = await this.#shared.factsOf(saved.folder);
    const lazy = lazily(() => this.#model(service, facts, saved));
    // Weights to sample from are recorded only where they outlive their model.
    const kept = saved.samplerPath === null && (await this.#keepsModel(service, facts, saved));
    const source = renewable(async () =>
      kept ? (await lazy.get()).with((model) => model.publish()) : this.#session(service, facts, ref),
    );
    return { service, facts, version: saved.version, source, score: lazy.score, close: lazy.close };
  }

  /** Whether published weights end with their model, so that it is kept as long as the sampler is open. */
  async #keepsModel(service: RemoteService, facts: BaseFacts, saved: SavedState): Promise<boolean> {
    const found = await service.training(facts, loraConfig(saved.adapter, 1, saved.trainUnembed));
    return !found.snapshotsOutliveModel || !found.immutableSnapshots;
  }

  /** Opens a session over a state's weights to sample from; makes them if there are none, or if they are gone. */
  async #session(service: RemoteService, facts: BaseFacts, ref: StateRef): Promise<string> {
    const saved = await savedState(ref);
    if (saved.samplerPath !== null) {
      try {
        return await service.api.openSampling({ path: saved.samplerPath });
      } catch (error) {
        if (!(error instanceof ServiceError) || error.outcome === 'unreachable') throw error;
      }
    }
    const model = await this.#model(service, facts, saved);
    try {
      const path = await model.with((remote) => remote.saveWeightsForSampler(checkpointName(ref.id)));
      const recorded = await recordSampler(ref, saved.path, path);
      if (!recorded) return await model.with((remote) => remote.publish());
      return await service.api.openSampling({ path });
    } finally {
      await model.close();
    }
  }

  /** Loads a model that will not be trained: a state, or the base as a new adapter, which does not change it. */
  async #model(service: RemoteService, facts: BaseFacts, saved: SavedState | null): Promise<TrainedModel> {
    const { name } = await service.base();
    const adapter = saved === null ? BESIDE_BASE : saved.adapter;
    const lora = loraConfig(adapter, 1, saved?.trainUnembed ?? false);
    const traits = traitsOf(await service.training(facts, lora));
    const anchor = saved === null ? null : { path: saved.path, optimizer: false, own: false };
    return TrainedModel.open(service.api, { spec: { base: name, lora }, traits, anchor });
  }
}

async function scored(model: TrainedModel, examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]> {
  if (examples.length === 0) return [];
  const { logprobs } = await model.forward(examples, ctl);
  return maskedLogprobs(examples, { outputType: '', metrics: {}, logprobs });
}

/** A model that is opened when it is first needed, and closed if it was. */
function lazily(open: () => Promise<TrainedModel>): Pick<Opened, 'close' | 'score'> & { get(): Promise<TrainedModel> } {
  let opened: Promise<TrainedModel> | null = null;
  const get = (): Promise<TrainedModel> => {
    opened ??= open();
    return opened;
  };
  return {
    get,
    score: async (examples, ctl) => scored(await get(), examples, ctl),
    close: async () => {
      const model = await opened?.catch(() => null);
      opened = null;
      await model?.close();
    },
  };
}
