/**
 * Deletes weights of a finished run that it no longer needs: those of all iterations before the last. `best/` stays,
 * and so do the last weights of every role, from which the run can go on.
 */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { diskUse, folderSize } from '../../files/folder-size.ts';
import { folderOf, removeState } from '../../engine/local/states.ts';
import { type RemovedCheckpoints, removeCheckpoints } from '../../engine/tinker/states/remove-checkpoints.ts';
import { StoreError } from '../../errors.ts';
import { MEASURED } from '../../roles.ts';
import { resumeName } from '../../store/failures.ts';
import { openRun } from '../../store/sqlite.ts';
import type { RunStore } from '../../store/store.ts';
import { roleNamed, trainedRoles } from '../training/roles.ts';
import { phaseResult, stateRef } from '../training/weights.ts';
import type { StateRef } from '../../engine/engine.ts';

/** Weights that can be deleted. */
export interface FreeableWeights {
  states: StateRef[];
  bytes: number;
}

/**
 * Returns the weights of the run in `dir` that it no longer needs. Changes nothing.
 * @throws StoreError if the run has not ended
 */
export function freeableWeights(dir: string): FreeableWeights {
  const store = openRun(dir, { readOnly: true });
  try {
    return freeableOf(store);
  } finally {
    store.close();
  }
}

/** What was deleted. */
export interface FreedWeights {
  /** Bytes of files on this machine. */
  bytes: number;
  /** Bytes of the disk that the run's folder no longer uses: less than `bytes` where `best/` has the same files. */
  disk: number;
  /** Checkpoints on the run's service; null for a run on this machine. */
  checkpoints: RemovedCheckpoints | null;
}

/**
 * Deletes the weights of the run in `dir` that it no longer needs: in its folder, or on its service. What a service keeps
 * is in the result.
 * @throws StoreError if the run has not ended, or a process uses it
 */
export async function freeWeights(dir: string): Promise<FreedWeights> {
  const before = diskUse(dir, isLasting);
  const freed = await deleteFreeable(dir);
  return { ...freed, disk: before - diskUse(dir, isLasting) };
}

/** Files next to the database appear and disappear with its readers. */
function isLasting(name: string): boolean {
  return !/-(?:wal|shm)$/.test(name);
}

async function deleteFreeable(dir: string): Promise<Omit<FreedWeights, 'disk'>> {
  // Opened for writing, because the lock keeps other processes from continuing the run.
  const store = openRun(dir);
  try {
    const { states, bytes } = freeableOf(store);
    const { engine } = store.meta().config;
    if (engine.kind === 'tinker') {
      const checkpoints = await removeCheckpoints(engine, states);
      const left = freeableOf(store).bytes;
      return { bytes: bytes - left, checkpoints };
    }
    for (const state of states) await removeState(state);
    return { bytes, checkpoints: null };
  } finally {
    store.close();
  }
}

function freeableOf(store: RunStore): FreeableWeights {
  if (store.summary() === null) {
    throw new StoreError(
      `The run ${store.meta().id} has not ended; it still needs its weights.`,
      `Continue it: \`rzero resume ${resumeName(store.dir)}\`. Or delete it: \`rzero runs --delete ${resumeName(store.dir)}\`.`,
    );
  }
  const isRemote = store.meta().config.engine.kind === 'tinker';
  const kept = new Set([...lastStates(store), ...(isRemote ? bestStates(store) : [])]);
  const states = store
    .allWeights()
    .filter(({ state }) => !kept.has(state))
    .map((record) => stateRef(store, record))
    .filter((state) => !isRemote || existsSync(recordOf(state)));
  const sizeOf = (state: StateRef): number => (isRemote ? statSync(recordOf(state)).size : folderSize(folderOf(state)));
  return { states, bytes: states.reduce((sum, state) => sum + sizeOf(state), 0) };
}

/** Returns the ids of every role's last result. */
function lastStates(store: RunStore): string[] {
  const roles = trainedRoles(store.meta().config);
  return roles.flatMap(({ name }) => {
    const newest = store.allWeights().findLast(({ role }) => role === name);
    return newest === undefined ? [] : (phaseResult(store, roleNamed(roles, name), newest.iteration)?.state ?? []);
  });
}

/** The best Solver of a run on a service is its state there, and not a copy in the run's folder. */
function bestStates(store: RunStore): string[] {
  const best = store.summary()?.best;
  const role = roleNamed(trainedRoles(store.meta().config), MEASURED);
  const result = best === undefined ? null : phaseResult(store, role, best);
  return result === null ? [] : [result.state];
}

/** The file that stands for a state on a service. */
function recordOf({ home, id }: StateRef): string {
  return join(home, 'remote', `${id}.json`);
}
