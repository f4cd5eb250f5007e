/** Checkpoints by their `tinker://` paths: whether one exists, and its removal. */

import { z } from 'zod';

import { parseJson } from '../../../wire/json/parse.ts';
import { ServiceError } from '../service.ts';
import type { Caller } from './exchange/caller.ts';

export type CheckpointKind = 'weights' | 'sampler_weights';

export interface CheckpointName {
  run: string;
  kind: CheckpointKind;
  name: string;
}

const list = z.object({
  checkpoints: z.array(z.object({ checkpoint_id: z.string(), checkpoint_type: z.string(), tinker_path: z.string() })),
});

/** How long a checkpoint whose save was repeated may take to appear in the list. */
const APPEARS_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/**
 * Reads `tinker://RUN/weights/NAME`, `tinker://RUN/sampler_weights/NAME`, and SkyRL's short `tinker://RUN/NAME` of a
 * sampler. Throws ServiceError `refused` for anything else.
 */
export function readPath(path: string): CheckpointName {
  const [run, ...rest] = path.startsWith('tinker://') ? path.slice('tinker://'.length).split('/') : [''];
  const [kind, name] = rest.length === 1 ? ['sampler_weights', rest[0]] : rest;
  const known = kind === 'weights' || kind === 'sampler_weights';
  if (!run || !name || !known || rest.length > 2)
    throw new ServiceError('refused', `${path} is not a path of a checkpoint, such as tinker://RUN/weights/NAME`);
  return { run, kind, name };
}

/**
 * Waits until the service lists a checkpoint, and returns its path. Undefined if it does not appear, or the service
 * has no list.
 */
export async function findSaved(
  caller: Caller,
  { run, kind, name }: CheckpointName,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const type = kind === 'weights' ? 'training' : 'sampler';
  const start = caller.clock.now();
  do {
    const saved = await listRun(caller, run, signal);
    if (saved === null) return undefined;
    const found = saved.find((each) => each.checkpoint_type === type && bare(each.checkpoint_id) === name);
    if (found !== undefined) return found.tinker_path;
    await caller.pause(LOOK_EVERY_MS, signal);
  } while (caller.clock.now() - start < APPEARS_MS);
  return undefined;
}

/** The hosted service writes `weights/NAME` as the id. */
function bare(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

async function listRun(
  caller: Caller,
  run: string,
  signal?: AbortSignal,
): Promise<z.infer<typeof list>['checkpoints'] | null> {
  try {
    return await caller.call({
      method: 'GET',
      path: `/api/v1/training_runs/${encodeURIComponent(run)}/checkpoints`,
      signal,
      read: ({ body }) => list.parse(parseJson(body)).checkpoints,
    });
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return null;
    throw error;
  }
}

/** Deletes a checkpoint. Returns false if it is gone, or if the service keeps no list to delete it from. */
export async function deleteCheckpoint(caller: Caller, path: string, signal?: AbortSignal): Promise<boolean> {
  const { run, kind, name } = readPath(path);
  try {
    await caller.call({
      method: 'DELETE',
      path: `/api/v1/training_runs/${encodeURIComponent(run)}/checkpoints/${kind}/${encodeURIComponent(name)}`,
      signal,
      read: () => null,
    });
    return true;
  } catch (error) {
    const gone = error instanceof ServiceError && (error.status === 404 || error.status === 410);
    if (!gone) throw error;
    return false;
  }
}
