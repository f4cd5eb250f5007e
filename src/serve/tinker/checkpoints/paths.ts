/** Names of runs and checkpoints, and the `tinker://` paths made of them. Nothing of a path ever names a file. */

import { Refusal } from '../../shell/refusal.ts';

/** A checkpoint to train from (weights and optimizer), or to sample from. */
export type CheckpointKind = 'weights' | 'sampler_weights';

export interface CheckpointPath {
  /** Id of the training run, which is that of its model: `SESSION:train:NUMBER`. */
  runId: string;
  kind: CheckpointKind;
  name: string;
}

const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const RUN = /^[A-Za-z0-9-]{1,80}:train:\d{1,10}$/;
const KINDS: readonly CheckpointKind[] = ['weights', 'sampler_weights'];

/** Returns a checkpoint's name as given. Throws Refusal 400 if it has other characters than letters, digits, - and _. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new Refusal(400, 'A checkpoint name has 1 to 255 letters, digits, hyphens and underscores.');
}

/** Returns the parts of a `tinker://` path. Throws Refusal 400 if it is none. */
export function parsePath(path: string): CheckpointPath {
  const [runId = '', kind = '', name = '', ...rest] = path.replace(/^tinker:\/\//, '').split('/');
  const found = KINDS.find((one) => one === kind);
  if (path.startsWith('tinker://') && RUN.test(runId) && found !== undefined && NAME.test(name) && rest.length === 0) {
    return { runId, kind: found, name };
  }
  throw new Refusal(400, 'A path has the form tinker://RUN/weights/NAME or tinker://RUN/sampler_weights/NAME.');
}

/** Returns the `tinker://` path of a checkpoint. */
export function pathOf({ runId, kind, name }: CheckpointPath): string {
  return `tinker://${runId}/${kind}/${name}`;
}

/** Returns the id under which a run lists a checkpoint: `weights/NAME`. */
export function idOf({ kind, name }: CheckpointPath): string {
  return `${kind}/${name}`;
}

/** Returns the name of a run's folder. */
export function folderName(runId: string): string {
  return runId.replaceAll(':', '.');
}
