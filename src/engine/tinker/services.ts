/** The services of an engine, by what they are used for. */

import { EngineError } from '../../errors.ts';
import type { Purpose } from '../engine.ts';
import type { TinkerConfig } from './kind.ts';
import { RemoteService } from './remote-service.ts';
import type { ServiceUsage, TinkerService } from './service.ts';
import type { SavedState, ServicePurpose } from './states/record.ts';

/** Connects to a service, without waiting for it. */
export type Connect = (url: string) => TinkerService;

export class Services {
  readonly #urls: Record<ServicePurpose, string>;
  readonly #connect: Connect;
  readonly #model: string;
  /** By address. */
  readonly #open = new Map<string, RemoteService>();

  constructor(config: TinkerConfig, connect: Connect) {
    const { url, challengerUrl, solverUrl, referenceUrl } = config;
    this.#urls = { main: url, challenger: challengerUrl, solver: solverUrl, reference: referenceUrl };
    this.#connect = connect;
    this.#model = config.model;
  }

  /** Returns the service for a purpose. */
  for({ role, reference }: Purpose = {}): RemoteService {
    if (reference === true && this.#urls.reference !== '') return this.#at('reference');
    if (role === 'challenger') return this.#at('challenger');
    return this.#at(role === 'solver' ? 'solver' : 'main');
  }

  /** Returns the service that keeps a state: the one at its address, else the one that now serves its purpose. */
  of({ url, purpose }: Pick<SavedState, 'url' | 'purpose'>): RemoteService {
    const found = this.all().find(({ api }) => api.url === url);
    return found ?? this.#at(purpose);
  }

  /**
   * Throws EngineError `user` if a state is to be used by another service than the one that keeps it: weights cannot be
   * moved from one to the other.
   */
  confirmKeeper(keeper: RemoteService, user: RemoteService, id: string): void {
    if (user === keeper) return;
    throw new EngineError(
      'user',
      `The state ${id} is on ${keeper.api.url}, but ${user.api.url} was to use it: services cannot exchange weights.`,
      'Use one service for both: leave out the address of the other one, or set the KL weight of the role to 0.',
    );
  }

  /** All services, one per address. */
  all(): RemoteService[] {
    for (const purpose of ['main', 'challenger', 'solver', 'reference'] as const) {
      if (purpose === 'main' || this.#urls[purpose] !== '') this.#at(purpose);
    }
    return [...this.#open.values()];
  }

  usage(): ServiceUsage {
    const total: ServiceUsage = { requests: 0, sampledTokens: 0, prefilledTokens: 0, trainedTokens: 0 };
    for (const { api } of this.#open.values()) {
      const used = api.usage();
      total.requests += used.requests;
      total.sampledTokens += used.sampledTokens;
      total.prefilledTokens += used.prefilledTokens;
      total.trainedTokens += used.trainedTokens;
    }
    return total;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ api }) => api.close()));
  }

  #at(purpose: ServicePurpose): RemoteService {
    const url = this.#urls[purpose] || this.#urls.main;
    const known = this.#open.get(url);
    if (known !== undefined) return known;
    const service = new RemoteService(purpose, this.#connect(url), this.#model);
    this.#open.set(url, service);
    return service;
  }
}
