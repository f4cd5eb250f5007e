/**
 * Deletes weights of a finished run that it no longer needs: those of all iterations before the last. `best/` stays,
 * and so do the last weights of every role, from which the run can go on.
 */

import { folderSize } from '../../files/folder-size.ts';
import { folderOf, removeState } from '../../engine/local/states.ts';
import { StoreError } from '../../errors.ts';
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

/**
 * Deletes the weights of the run in `dir` that it no longer needs, and returns the freed bytes.
 * @throws StoreError if the run has not ended, or a process uses it
 */
export async function freeWeights(dir: string): Promise<number> {
  // Opened for writing, because the lock keeps other processes from continuing the run.
  const store = openRun(dir);
  try {
    const { states, bytes } = freeableOf(store);
    for (const state of states) await removeState(state);
    return bytes;
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
  const kept = new Set(lastStates(store));
  const states = store
    .allWeights()
    .filter(({ state }) => !kept.has(state))
    .map((record) => stateRef(store, record));
  const bytes = states.reduce((sum, state) => sum + folderSize(folderOf(state)), 0);
  return { states, bytes };
}

/** Returns the ids of every role's last result. */
function lastStates(store: RunStore): string[] {
  const roles = trainedRoles(store.meta().config);
  return roles.flatMap(({ name }) => {
    const newest = store.allWeights().findLast(({ role }) => role === name);
    return newest === undefined ? [] : (phaseResult(store, roleNamed(roles, name), newest.iteration)?.state ?? []);
  });
}
