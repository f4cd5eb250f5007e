/** Saves, opens and removes states on services. */

import { EngineError } from '../../../errors.ts';
import type { StatePlace, StateRef } from '../../engine.ts';
import { calling } from '../failures.ts';
import type { TrainedModel } from '../policy/trained-model.ts';
import type { RemoteService } from '../remote-service.ts';
import type { Services } from '../services.ts';
import { deleteIfPossible, deleteQuietly } from './delete-checkpoint.ts';
import { checkpointName, readRecord, removeRecord, type SavedState, stateOf, writeRecord } from './record.ts';

/** What a state is, apart from where it is kept. */
export type StateFacts = Pick<SavedState, 'adapter' | 'base' | 'folder' | 'trainUnembed' | 'version'>;

/**
 * Saves the model's current state under a new name on the service, and then replaces the record: at every moment the
 * record names a complete state. Deletes the replaced one.
 */
export async function saveState(
  model: TrainedModel,
  { api, purpose }: RemoteService,
  place: StatePlace,
  facts: StateFacts,
): Promise<StateRef> {
  const ref = stateOf(place);
  const before = await readRecord(ref);
  const { url } = api;
  const path = await model.with(async (remote) => {
    const name = checkpointName(place.name);
    const pending = { url, purpose, path: `tinker://${remote.id}/weights/${name}` };
    writeRecord(ref, { saved: before?.saved ?? null, pending });
    return remote.saveWeights(name);
  });
  writeRecord(ref, { saved: { ...facts, url, purpose, path, samplerPath: null }, pending: null });
  await model.settle({ path, optimizer: true, own: false });
  for (const old of [before?.saved?.path, before?.saved?.samplerPath, before?.pending?.path]) {
    if (typeof old === 'string') await deleteQuietly(api, old);
  }
  return ref;
}

/** Adds the path of weights to sample from to the record of a state, unless the state was replaced or removed. */
export async function recordSampler(ref: StateRef, path: string, samplerPath: string): Promise<boolean> {
  const record = await readRecord(ref);
  if (record?.saved?.path !== path) return false;
  writeRecord(ref, { ...record, saved: { ...record.saved, samplerPath } });
  return true;
}

/** Deletes a state and its record; does nothing if it is gone. */
export async function removeState(services: Services, ref: StateRef): Promise<void> {
  const record = await readRecord(ref);
  if (record === null) return;
  const { saved, pending } = record;
  const paths = [
    ...(saved === null ? [] : [saved.path, ...(saved.samplerPath === null ? [] : [saved.samplerPath])]),
    ...(pending === null ? [] : [pending.path]),
  ];
  const keeper = saved ?? pending;
  if (keeper !== null) {
    const { api } = services.of(keeper);
    for (const path of paths) await calling('delete a state', () => deleteIfPossible(api, path));
  }
  removeRecord(ref);
}

/** Throws EngineError `user` for a base. */
export function refuseBase(path: string): never {
  throw new EngineError(
    'user',
    `${path} is not a state of this engine: it is not deleted.`,
    'Delete the folder yourself if nothing needs it.',
  );
}
