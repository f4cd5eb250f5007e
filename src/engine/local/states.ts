/**
 * Saved states of the local engine: folders in `weights/` of the run. The id of a state is its path relative to the
 * run.
 */

import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

import { EngineError } from '../../errors.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { copyContent } from '../../files/copy-content.ts';
import { modelFiles } from '../../models/checkpoint-files.ts';
import type { BaseRef, StatePlace, StateRef, WeightsRef } from '../engine.ts';

const STATES = 'weights';

/** Returns the reference to the state at this place. */
export function stateOf({ home, name }: StatePlace): StateRef {
  return { kind: 'state', id: `${STATES}/${name}`, home };
}

/** Returns the folder of a base or a state. */
export function folderOf(ref: BaseRef | StateRef): string {
  return ref.kind === 'base' ? ref.path : resolve(ref.home, ref.id);
}

/** Returns the folder of weights on this machine; null for a state that another engine keeps elsewhere. */
export function savedFolder(ref: BaseRef | StateRef): string | null {
  const folder = folderOf(ref);
  return ref.kind === 'base' || existsSync(folder) ? folder : null;
}

/** Lists all entries of the run's folder of states, including incomplete ones; empty if the folder does not exist. */
export async function listStates(home: string): Promise<StateRef[]> {
  const names = await readdir(join(home, STATES)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names.map((name) => stateOf({ home, name }));
}

/** Deletes a state's folder if it exists. Throws EngineError `user` for a path outside the run's folder of states. */
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

/**
 * Copies the files of a model to `target`: weights, config, tokenizer. Other files of the folder, such as an optimizer's
 * state or a README, are left out. Links are followed. Throws EngineError `user` for a snapshot.
 */
export async function exportFolder(ref: WeightsRef, target: string): Promise<void> {
  if (ref.kind === 'snapshot') {
    throw new EngineError('user', 'A snapshot cannot be exported.', 'Save the policy, and export the state.');
  }
  const folder = folderOf(ref);
  await writeFolderAtomically(target, async (temp) => {
    for (const name of modelFiles(await readdir(folder))) await copyContent(join(folder, name), join(temp, name));
  });
}

function isWithin(parent: string, path: string): boolean {
  const way = relative(parent, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(parent, way) === path;
}
