/** The services of an engine, by what they are used for. */

import { EngineError } from '../../errors.ts';
import type { Purpose } from '../engine.ts';
import type { TinkerConfig } from './kind.ts';
import { RemoteService } from './remote-service.ts';
import type { ServiceUsage, TinkerService } from './service.ts';
import type { SavedState, ServicePurpose } from './states/record.ts';

const PURPOSES = ['main', 'challenger', 'solver', 'reference'] as const;

/** Connects to the service at an address. */
export type Connect = (url: string) => Promise<TinkerService>;

export class Services {
  readonly #urls: Record<ServicePurpose, string>;
  /** By address, as configured. */
  readonly #open: ReadonlyMap<string, RemoteService>;

  private constructor(urls: Record<ServicePurpose, string>, open: ReadonlyMap<string, RemoteService>) {
    this.#urls = urls;
    this.#open = open;
  }

  /** Connects to all services of a config. */
  static async connect(config: TinkerConfig, connect: Connect): Promise<Services> {
    const { url, challengerUrl, solverUrl, referenceUrl } = config;
    const urls = { main: url, challenger: challengerUrl, solver: solverUrl, reference: referenceUrl };
    const open = new Map<string, RemoteService>();
    for (const purpose of PURPOSES) {
      const address = urls[purpose] || url;
      if (!open.has(address)) open.set(address, new RemoteService(purpose, await connect(address), config.model));
    }
    return new Services(urls, open);
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
    const found = this.#open.get(this.#urls[purpose] || this.#urls.main);
    if (found !== undefined) return found;
    throw new Error(`no service for ${purpose}`);
  }
}
