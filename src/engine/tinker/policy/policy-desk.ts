/** Opens, saves and closes the policies of an engine. */

import { EngineError } from '../../../errors.ts';
import type { LoraConfig } from '../../../wire/messages.ts';
import type { AdapterShape } from '../../../types.ts';
import { checkAdapt } from '../../check-adapt.ts';
import type { Adaptation, Policy, PolicyOptions } from '../../engine.ts';
import { loraConfig, shapeOf, WIRE_ALPHA } from '../base/adapter-config.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import type { Shared } from '../shared.ts';
import { calling } from '../failures.ts';
import { seedOf } from '../sampling/request.ts';
import type { RemoteService } from '../remote-service.ts';
import { ServiceError } from '../service.ts';
import { checkpointName, savedState } from '../states/record.ts';
import { refuseSnapshot } from '../states/refuse-snapshot.ts';
import { recordSampler, saveState } from '../states/remote-states.ts';
import type { StateRef } from '../../engine.ts';
import { checkOptimizer, checkUnchanged } from './check-optimizer.ts';
import { RemotePolicy } from './policy.ts';
import { type Anchor, TrainedModel } from './trained-model.ts';
import { traitsOf } from './traits.ts';

/** What a policy trains, and where. */
export interface Trained {
  service: RemoteService;
  facts: BaseFacts;
  adapter: AdapterShape | null;
}

/** Where a policy starts. */
interface Start {
  facts: BaseFacts;
  adapter: AdapterShape | null;
  seed: number;
  anchor: Anchor | null;
  version: number;
}

export class PolicyDesk {
  readonly #shared: Shared;
  readonly #open = new Map<RemotePolicy, Trained>();
  /** Closed policies whose models are kept for their snapshots. */
  readonly #kept = new Set<RemotePolicy>();
  /** The last state that was saved of a model. */
  readonly #saved = new WeakMap<TrainedModel, StateRef>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** Returns what a policy of this engine trains. */
  trained(policy: RemotePolicy): Trained {
    const found = this.#open.get(policy);
    if (found !== undefined) return found;
    throw new EngineError(
      'lost-policy',
      'The policy is closed or was never opened.',
      'Open it again from a saved state.',
    );
  }

  /** Opens a policy; see `Engine.openPolicy`. */
  open(options: PolicyOptions): Promise<Policy> {
    return calling('open a policy', async () => {
      const service = this.#shared.services.for(options.purpose);
      const start = await this.#startOf(options, service);
      const { facts, adapter } = start;
      const { name, maxContext } = await service.base();
      const trainUnembed = adapter !== null && this.#shared.config.trainUnembed;
      const lora = loraConfig(adapter, seedOf(start.seed, await service.sampling(facts)), trainUnembed);
      const found = await service.training(facts, lora);
      if (adapter !== null && adapter.alpha !== WIRE_ALPHA) await this.#checkAlpha(service, facts, lora);
      const traits = traitsOf(found);
      const from = { spec: { base: name, lora }, traits, anchor: start.anchor };
      const model = await this.#openModel(service, adapter, () => TrainedModel.open(service.api, from));
      const saved = { adapter, base: name, folder: facts.folder, trainUnembed };
      const policy: RemotePolicy = new RemotePolicy(
        {
          busy: this.#shared.busy,
          limits: { vocabulary: facts.vocabulary, maxContext: this.#shared.contextOf(facts, maxContext) },
          form: traits.form,
          checkOptimizer: (step, first) => {
            checkOptimizer(step, found);
            checkUnchanged(step, first, found);
          },
          publish: (version, one) => this.#shared.snapshots.publish(version, one, { service, facts }),
          save: async (one, place, version) => {
            const ref = await saveState(one, service, place, { ...saved, version });
            this.#saved.set(one, ref);
            return ref;
          },
          close: (one) => this.#close(one),
        },
        model,
        start.version,
      );
      this.#open.set(policy, { service, facts, adapter });
      return policy;
    });
  }

  /** Forgets a snapshot, and the model that was kept for it. */
  async removeSnapshot(id: string): Promise<void> {
    this.#shared.snapshots.remove(id);
    for (const policy of this.#kept) {
      if (this.#shared.snapshots.has(policy)) continue;
      this.#kept.delete(policy);
      await policy.model.close();
    }
  }

  /**
   * Probes a service that has not been probed yet, with models like those of an open policy, else like those that will
   * be opened: some services fix the shape of all adapters with the first one.
   */
  async probe(service: RemoteService, facts: BaseFacts, adapt?: Adaptation): Promise<void> {
    await service.sampling(facts);
    const [open] = this.#open.values();
    const coming = adapt === undefined ? PROBED : loraConfig(adapt.kind === 'lora' ? adapt : null, 1, false);
    await service.training(facts, open === undefined ? coming : loraConfig(open.adapter, 1, false));
  }

  /** Unloads all models. */
  async close(): Promise<void> {
    for (const policy of [...this.#open.keys(), ...this.#kept]) await policy.model.close().catch(() => undefined);
    this.#open.clear();
    this.#kept.clear();
  }

  async #startOf({ from, adapt, optimizer }: PolicyOptions, service: RemoteService): Promise<Start> {
    if (from.kind === 'snapshot') {
      refuseSnapshot('trained', 'Open a policy from a folder: a base model or a saved state.');
    }
    const seed = adapt?.kind === 'lora' ? adapt.seed : 1;
    if (from.kind === 'base') {
      const { name } = await service.base();
      const facts = await this.#shared.identity.open(from.path, name);
      checkAdapt(adapt, null, from.path);
      return { facts, adapter: shapeOf(adapt), seed, anchor: null, version: 0 };
    }
    const saved = await savedState(from);
    checkAdapt(adapt, saved.adapter, `The state ${from.id}`);
    const { services } = this.#shared;
    services.confirmKeeper(services.of(saved), service, from.id);
    const anchor = { path: saved.path, optimizer: optimizer === 'restore', own: false };
    const facts = await this.#shared.factsOf(saved.folder);
    return { facts, adapter: saved.adapter, seed, anchor, version: saved.version };
  }

  async #checkAlpha(service: RemoteService, facts: BaseFacts, lora: LoraConfig): Promise<void> {
    if (await service.readsAlpha(facts, lora)) return;
    throw new EngineError(
      'user',
      `The service ignores the alpha of an adapter, but adapt.alpha = ${lora.lora_alpha} was requested.`,
      `Use the alpha of such services: \`--set adapt.alpha=${WIRE_ALPHA}\`.`,
    );
  }

  /** A service that trains one model refuses a second one. */
  async #openModel(
    service: RemoteService,
    adapter: AdapterShape | null,
    open: () => Promise<TrainedModel>,
  ): Promise<TrainedModel> {
    try {
      return await open();
    } catch (error) {
      const others = [...this.#open.values()].filter((one) => one.service === service).length;
      const declined = error instanceof ServiceError && (error.outcome === 'refused' || error.outcome === 'failed');
      if (others === 0 || !declined) throw error;
      throw new EngineError(
        'user',
        `${service.api.url} does not train a further model next to ${others}: ${error.message.replace(/\.$/, '')}.`,
        adapter === null
          ? 'Train all parameters with one service for each role: `--challenger-url` and `--solver-url`.'
          : 'Raise the number of adapters of the service, or give each role its own: `--challenger-url` and `--solver-url`.',
        { cause: error },
      );
    }
  }

  async #close(policy: RemotePolicy): Promise<void> {
    const trained = this.#open.get(policy);
    if (trained === undefined) return;
    this.#open.delete(policy);
    const { training } = await trained.service.findings();
    const outlive = training?.snapshotsOutliveModel !== false;
    if (outlive) await this.#saveSampler(policy.model);
    if (!outlive && this.#shared.snapshots.has(policy)) this.#kept.add(policy);
    else await policy.model.close();
  }

  /** At the end of a phase, adds weights to sample from to the last state, while its model is still loaded. */
  async #saveSampler(model: TrainedModel): Promise<void> {
    const ref = this.#saved.get(model);
    const path = model.anchor?.path;
    if (ref === undefined || path === undefined || !model.isDurable || !model.isLoaded) return;
    try {
      const saved = await model.with((remote) => remote.saveWeightsForSampler(checkpointName(ref.id)));
      await recordSampler(ref, path, saved);
    } catch (error) {
      // They are made from the state when they are needed.
      if (!(error instanceof ServiceError)) throw error;
    }
  }
}

/** Adapters that a service is probed with before a policy is opened. */
const PROBED: LoraConfig = {
  rank: 8,
  seed: 1,
  train_attn: true,
  train_mlp: true,
  train_unembed: false,
  lora_alpha: WIRE_ALPHA,
  lora_dropout: 0,
};
