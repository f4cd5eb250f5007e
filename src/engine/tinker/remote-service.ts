/** One service of an engine: its model, its findings, and a session over its base. */

import { EngineError } from '../../errors.ts';
import type { LoraConfig } from '../../wire/messages.ts';
import type { BaseFacts } from './base/base-folder.ts';
import { calling, reaching } from './failures.ts';
import { again } from './probe/again.ts';
import { type Findings, profileOf, type SamplingFindings, type TrainingFindings } from './probe/findings.ts';
import { probeSampling } from './probe/probe-sampling.ts';
import { probeTraining } from './probe/probe-training.ts';
import { readsAlpha } from './probe/reads-alpha.ts';
import { renewable, type SessionSource } from './sampling/session-source.ts';
import type { TinkerService } from './service.ts';
import type { ServicePurpose } from './states/record.ts';

/** The base model on a service. */
export interface RemoteBase {
  name: string;
  /** In tokens; null if the service does not state it. */
  maxContext: number | null;
}

export class RemoteService {
  readonly purpose: ServicePurpose;
  readonly api: TinkerService;
  /** A session over the base model, which all samplers of the base share. */
  readonly baseSession: SessionSource;
  readonly #wanted: string;
  #base: Promise<RemoteBase> | null = null;
  #sampling: Promise<SamplingFindings> | null = null;
  #training: Promise<TrainingFindings> | null = null;
  #alpha: Promise<boolean> | null = null;

  /** @param wanted name of the base model; empty: the only model that the service has */
  constructor(purpose: ServicePurpose, api: TinkerService, wanted: string) {
    this.purpose = purpose;
    this.api = api;
    this.#wanted = wanted;
    this.baseSession = renewable(async () => {
      const { name } = await this.base();
      return calling('sample its base', () => this.api.openSampling({ baseModel: name }));
    });
  }

  /** Returns the base model. Throws EngineError `user`, with the list of models, if the service does not have it. */
  base(): Promise<RemoteBase> {
    this.#base ??= this.#findBase().catch((error: unknown) => {
      this.#base = null;
      throw error;
    });
    return this.#base;
  }

  /** Probes sampling, once. */
  sampling(facts: BaseFacts): Promise<SamplingFindings> {
    this.#sampling ??= this.base()
      .then((base) => calling('be probed', () => again(() => probeSampling(this.api, base, facts))))
      .catch((error: unknown) => {
        this.#sampling = null;
        throw error;
      });
    return this.#sampling;
  }

  /** Probes training, once, with models like those that will be trained. */
  training(facts: BaseFacts, lora: LoraConfig): Promise<TrainingFindings> {
    this.#training ??= Promise.all([this.base(), this.sampling(facts)])
      .then(([base]) =>
        calling('be probed', () => again(() => probeTraining(this.api, { base: base.name, lora }, facts))),
      )
      .then((found) => {
        this.api.repeatTraining = found.repetition === 'same';
        return found;
      })
      .catch((error: unknown) => {
        this.#training = null;
        throw error;
      });
    return this.#training;
  }

  /** Returns whether the service reads `lora_alpha`; measured once. */
  async readsAlpha(facts: BaseFacts, lora: LoraConfig): Promise<boolean> {
    const { name } = await this.base();
    this.#alpha ??= calling('be probed', () => again(() => readsAlpha(this.api, { base: name, lora }, facts))).catch(
      (error: unknown) => {
        this.#alpha = null;
        throw error;
      },
    );
    return this.#alpha;
  }

  /** Returns what has been probed so far. */
  async findings(): Promise<Findings> {
    const [sampling, training] = await Promise.all([this.#sampling, this.#training]);
    return { profile: profileOf(training, sampling), sampling, training };
  }

  async #findBase(): Promise<RemoteBase> {
    const models = await reaching('list its models', () => this.api.supportedModels());
    const found =
      this.#wanted === '' && models.length === 1 ? models[0] : models.find(({ name }) => name === this.#wanted);
    if (found !== undefined) return found;
    const names = models.map(({ name }) => name).join(', ');
    const without =
      this.#wanted === '' ? 'was not asked for a model by name' : `does not have the model ${this.#wanted}`;
    throw new EngineError(
      'user',
      `The service at ${this.api.url} ${without}; it has ${names === '' ? 'none' : names}.`,
      'Name one of its models with --model, and if its tokenizer is not on the hub under that name, a folder with it with --tokenizer.',
    );
  }
}
