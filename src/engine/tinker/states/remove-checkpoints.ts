/** Deletes checkpoints of a run on its services, and says which remain. No model, and no session, is opened for it. */

import { messageOf } from '../../../errors.ts';
import type { StateRef } from '../../engine.ts';
import { withAddress } from '../address.ts';
import { engineError } from '../failures.ts';
import { connector, type TinkerConfig } from '../kind.ts';
import type { Connect } from '../services.ts';
import type { TinkerService } from '../service.ts';
import { readRecord, removeRecord, type SavedState, type StateRecord } from './record.ts';

/** A checkpoint that a service has kept, or may have kept. */
export interface Remaining {
  /** `tinker://` path. */
  path: string;
  /** Address of the service. */
  service: string;
  /** In one line. */
  reason: string;
}

export interface RemovedCheckpoints {
  /** Number of deleted checkpoints. */
  removed: number;
  remaining: Remaining[];
}

type Place = Pick<SavedState, 'url' | 'purpose'>;

const NOT_KNOWN = 'the service does not know it, or cannot delete';
/** Seconds to wait for a service: without it, its checkpoints are only named. */
const PATIENCE = 10;

/** Returns the checkpoints of a state, with where they were saved; none without a record. */
export async function checkpointsOf(ref: StateRef): Promise<(Place & { path: string })[]> {
  return placesIn((await readRecord(ref)) ?? { saved: null, pending: null });
}

/**
 * Deletes the checkpoints of states, and the records of those that are completely deleted. A service that cannot be
 * reached, or refuses, is no error: its checkpoints are in the result.
 */
export async function removeCheckpoints(given: TinkerConfig, states: readonly StateRef[]): Promise<RemovedCheckpoints> {
  const config = withAddress(given, process.env);
  const patience = Math.min(config.patience, PATIENCE);
  const services = new OnDemand(await connector({ concurrency: config.concurrency, patience }));
  const result: RemovedCheckpoints = { removed: 0, remaining: [] };
  try {
    for (const state of states) {
      const before = result.remaining.length;
      for (const { path, ...place } of await checkpointsOf(state)) {
        const service = addressOf(config, place);
        const reason = await remove(services, service, path);
        if (reason === null) result.removed++;
        else result.remaining.push({ path, service, reason });
      }
      // What a service does not know stays unknown to it.
      if (result.remaining.slice(before).every(({ reason }) => reason === NOT_KNOWN)) removeRecord(state);
    }
  } finally {
    await services.close();
  }
  return result;
}

/** Returns why a checkpoint remains; null if it is deleted. */
async function remove(services: OnDemand, service: string, path: string): Promise<string | null> {
  try {
    const api = await services.at(service);
    return (await api.deleteCheckpoint(path)) ? null : NOT_KNOWN;
  } catch (error) {
    const [message] = messageOf(engineError(error, 'delete it')).split('\n', 1);
    return message;
  }
}

/** The address where a service is now: that of the record, unless the run's service of this purpose has moved. */
function addressOf(config: TinkerConfig, { url, purpose }: Place): string {
  const now = {
    main: config.url,
    challenger: config.challengerUrl,
    solver: config.solverUrl,
    reference: config.referenceUrl,
  };
  return Object.values(now).includes(url) ? url : now[purpose] || config.url;
}

function placesIn({ saved, pending }: StateRecord): (Place & { path: string })[] {
  const places: (Place & { path: string })[] = [];
  if (saved !== null) {
    const { url, purpose, path, samplerPath } = saved;
    places.push({ url, purpose, path }, ...(samplerPath === null ? [] : [{ url, purpose, path: samplerPath }]));
  }
  return pending === null ? places : [...places, pending];
}

/** Connections by address, made when they are needed. An address that failed is not tried again. */
class OnDemand {
  readonly #connect: Connect;
  readonly #open = new Map<string, Promise<TinkerService>>();

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  at(url: string): Promise<TinkerService> {
    const found = this.#open.get(url) ?? this.#connect(url);
    this.#open.set(url, found);
    return found;
  }

  async close(): Promise<void> {
    for (const one of await Promise.allSettled(this.#open.values())) {
      if (one.status === 'fulfilled') await one.value.close();
    }
  }
}
