/** The checkpoints of a whole run on its service, before the run is deleted. */

import { basename } from 'node:path';
import { listRecords } from '../../engine/tinker/states/record.ts';
import {
  checkpointsOf,
  removeCheckpoints,
  type RemovedCheckpoints,
} from '../../engine/tinker/states/remove-checkpoints.ts';
import { messageOf, StoreError } from '../../errors.ts';
import { acquireLock } from '../../store/lock.ts';
import { openRun } from '../../store/sqlite.ts';
import { shownServices, type TinkerConfig } from '../../engine/tinker/address.ts';

/** What a run has on its service. */
export interface RunCheckpoints {
  /** Addresses to show. */
  services: string;
  count: number;
}

/** Returns what the run in `dir` has on its service; null if that is nothing. */
export async function checkpointsOfRun(dir: string): Promise<RunCheckpoints | null> {
  const states = await listRecords(dir);
  const all = (await Promise.all(states.map(checkpointsOf))).flat();
  if (all.length === 0) return null;
  const config = configOf(dir);
  const services =
    typeof config === 'string' ? [...new Set(all.map(({ url }) => url))].join(', ') : shownServices(config);
  return { services, count: all.length };
}

/**
 * Deletes all checkpoints of the run in `dir` from its service. What remains there is in the result, also if the run's
 * settings cannot be read.
 * @throws StoreError if a process uses the run
 */
export async function removeCheckpointsOfRun(dir: string): Promise<RemovedCheckpoints> {
  const release = acquireLock(dir);
  try {
    const states = await listRecords(dir);
    const config = configOf(dir);
    if (typeof config !== 'string') return await removeCheckpoints(config, states);
    const all = (await Promise.all(states.map(checkpointsOf))).flat();
    return { removed: 0, remaining: all.map(({ path, url }) => ({ path, service: url, reason: config })) };
  } finally {
    release();
  }
}

/** The settings of the run's service, or why there are none. */
function configOf(dir: string): TinkerConfig | string {
  try {
    const store = openRun(dir, { readOnly: true });
    const { engine } = store.meta().config;
    store.close();
    return engine.kind === 'tinker' ? engine : `the run ${basename(dir)} has another engine now`;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return messageOf(error).split('\n', 1)[0];
  }
}
