/**
 * Records of states that a service keeps: `remote/NAME.json` in the folder of a run. A record is written before the
 * state is saved, so that an attempt that a kill ends is found, and removed, later.
 */

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError } from '../../../errors.ts';
import { writeWhole } from '../../../files/atomic-file.ts';
import { readJsonIfPresent } from '../../../files/json-file.ts';
import { ADAPTER_TARGETS } from '../../../types.ts';
import type { StatePlace, StateRef } from '../../engine.ts';

/** Folder of the records inside a run. */
const FOLDER = 'remote';

const savedSchema = z.object({
  /** Address of the service, and the purpose that it was used for. */
  url: z.string(),
  purpose: z.enum(['main', 'challenger', 'solver', 'reference']),
  /** `tinker://` path of weights and optimizer. */
  path: z.string(),
  /** `tinker://` path to sample from; null if only weights were saved. */
  samplerPath: z.string().nullable(),
  /** Name of the base model on the service, and the folder of its tokenizer. */
  base: z.string(),
  folder: z.string(),
  /** Null: all parameters are trained. */
  adapter: z
    .object({ rank: z.number(), alpha: z.number(), targets: z.array(z.enum(ADAPTER_TARGETS)).readonly() })
    .nullable(),
  trainUnembed: z.boolean(),
  /** Optimizer steps since the base. */
  version: z.number().int().nonnegative(),
});

const recordSchema = z.object({
  /** The state; null before the first attempt has ended. */
  saved: savedSchema.nullable(),
  /** An attempt that has not ended, or was ended by a kill. */
  pending: z.object({ url: z.string(), purpose: savedSchema.shape.purpose, path: z.string() }).nullable(),
});

export type SavedState = z.output<typeof savedSchema>;
export type StateRecord = z.output<typeof recordSchema>;
export type ServicePurpose = SavedState['purpose'];

/** Returns the reference to the state at this place. Throws EngineError `user` for a name that is no plain file name. */
export function stateOf({ home, name }: StatePlace): StateRef {
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(name)) {
    throw new EngineError(
      'user',
      `${JSON.stringify(name).slice(0, 80)} is not the name of a state.`,
      'Use letters, digits and hyphens.',
    );
  }
  return { kind: 'state', id: name, home };
}

/** Returns the record of a state; null if there is none. Throws EngineError `user` if it cannot be read. */
export async function readRecord({ home, id }: Pick<StateRef, 'home' | 'id'>): Promise<StateRecord | null> {
  const path = fileOf(stateOf({ home, name: id }));
  const json = await readJsonIfPresent(path);
  if (json === null) return null;
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new EngineError(
    'user',
    `${path} is not the record of a state on a service.`,
    'Restore the file as it was; the weights themselves are on the service.',
    { cause: parsed.error },
  );
}

/** Returns the state that a reference names. Throws EngineError `user` if it was never saved, or was removed. */
export async function savedState(ref: StateRef): Promise<SavedState> {
  const saved = (await readRecord(ref))?.saved ?? null;
  if (saved !== null) return saved;
  throw new EngineError(
    'user',
    `There is no saved state ${ref.id} in ${ref.home}.`,
    'Use another state of the run; `rzero show` lists its steps.',
  );
}

/** Writes a record atomically. */
export function writeRecord(ref: StateRef, record: StateRecord): void {
  writeWhole(fileOf(ref), `${JSON.stringify(record, null, 2)}\n`);
}

/** Deletes a record if it exists. */
export function removeRecord(ref: StateRef): void {
  rmSync(fileOf(ref), { force: true });
}

/** Lists the states of a run, including those of attempts that did not end; empty if it has none. */
export async function listRecords(home: string): Promise<StateRef[]> {
  const names = await readdir(join(home, FOLDER)).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => /^[A-Za-z0-9_-]+\.json$/.test(name))
    .toSorted()
    .map((name) => stateOf({ home, name: name.replace(/\.json$/, '') }));
}

/** Returns a name for a checkpoint on a service. It is never used again, because services refuse used names. */
export function checkpointName(name: string): string {
  return `rzero-${name.slice(0, 80)}-${randomBytes(6).toString('hex')}`;
}

function fileOf({ home, id }: StateRef): string {
  return join(home, FOLDER, `${id}.json`);
}
