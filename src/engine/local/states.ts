/** Where the local engine keeps saved states: in `weights/` of the run, named by their path relative to the run. */

import { existsSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';

import { EngineError } from '../../errors.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import type { BaseRef, StatePlace, StateRef, WeightsRef } from '../engine.ts';
import { TRAINING_FILES } from './state-folder.ts';

const STATES = 'weights';

/** The reference to the state of this place. */
export function stateOf({ home, name }: StatePlace): StateRef {
  return { kind: 'state', id: `${STATES}/${name}`, home };
}

/** The folder that holds a base or a state. */
export function folderOf(ref: BaseRef | StateRef): string {
  return ref.kind === 'base' ? ref.path : resolve(ref.home, ref.id);
}

/** The folder of weights that are on this machine; null for a state that another engine keeps elsewhere. */
export function savedFolder(ref: BaseRef | StateRef): string | null {
  const folder = folderOf(ref);
  return ref.kind === 'base' || existsSync(folder) ? folder : null;
}

/** All entries of the run's folder of states, half-written ones included; none where there is no such folder. */
export async function listStates(home: string): Promise<StateRef[]> {
  const names = await readdir(join(home, STATES)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names.map((name) => stateOf({ home, name }));
}

/** Deletes a state's folder, if it is there. EngineError `user` for anything outside the run's folder of states. */
export async function removeState(ref: BaseRef | StateRef): Promise<void> {
  const folder = folderOf(ref);
  if (ref.kind === 'base' || !isWithin(join(ref.home, STATES), folder)) {
    throw new EngineError(
      'user',
      `${folder} is not a state of this engine: it is not deleted.`,
      'Delete the folder yourself if nothing needs it.',
    );
  }
  await rm(folder, { recursive: true, force: true });
}

/** Copies a checkpoint to `target`, without what only training needs. EngineError `user` for a snapshot. */
export async function exportFolder(ref: WeightsRef, target: string): Promise<void> {
  if (ref.kind === 'snapshot') {
    throw new EngineError('user', 'A snapshot cannot be exported.', 'Save the policy, and export the state.');
  }
  await writeFolderAtomically(target, (temp) =>
    cp(folderOf(ref), temp, { recursive: true, filter: (path) => !TRAINING_FILES.has(basename(path)) }),
  );
}

function isWithin(parent: string, path: string): boolean {
  const way = relative(parent, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(parent, way) === path;
}
