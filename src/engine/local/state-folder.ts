/**
 * Reads and writes resumable policies on disk: the checkpoint in Hugging Face format, or the adapter in PEFT's,
 * `optimizer.safetensors` with the moments, and `trainer.json` with the counters. Folders are written atomically.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { ModelLoadError } from '../../errors.ts';
import { writeAdapterFiles } from '../../models/adapters/adapter-folder.ts';
import { writeBasePin } from '../../models/adapters/base-pin.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { copyTokenizerFiles, writeCheckpointFiles } from '../../models/checkpoint.ts';
import { readJson, readJsonIfPresent } from '../../files/json-file.ts';
import { readSafetensors, writeSafetensors } from '../../models/weights/safetensors.ts';
import type { Loaded } from './memory/loaded.ts';
import type { OptimizerState } from './training/trainer.ts';

const MOMENTS = 'optimizer.safetensors';
const COUNTERS = 'trainer.json';

const countersSchema = z.object({ version: z.number().int().nonnegative(), updates: z.number().int().nonnegative() });

export interface TrainerStart {
  version: number;
  updates: number;
  optimizer: OptimizerState;
}

/** Returns the version of the weights in a folder; 0 if no trainer wrote it. */
export async function readVersion(folder: string): Promise<number> {
  const counters = await readJsonIfPresent(join(folder, COUNTERS));
  return counters === null ? 0 : parseCounters(counters, folder).version;
}

/** Returns the optimizer state to continue from: saved moments and counters, or fresh ones at the folder's version. */
export async function loadTrainerStart(folder: string, optimizer: 'restore' | 'fresh'): Promise<TrainerStart> {
  if (optimizer === 'fresh') return { version: await readVersion(folder), updates: 0, optimizer: new Map() };
  const counters = parseCounters(await readJson(join(folder, COUNTERS), "the trainer's counters"), folder);
  const { tensors } = await readSafetensors(join(folder, MOMENTS));
  return { ...counters, optimizer: new Map(tensors) };
}

/**
 * Writes a state. For an adapter, only its factors and the name and fingerprint of the base. Copies the tokenizer files of
 * `place.folder`.
 */
export async function saveState(
  folder: string,
  { config, weights, adapter, place }: Pick<Loaded, 'config' | 'weights' | 'adapter' | 'place'>,
  start: TrainerStart,
): Promise<void> {
  await writeFolderAtomically(folder, async (temp) => {
    if (adapter === null) await writeCheckpointFiles(temp, { config, weights, sourceFolder: place.folder });
    else {
      await writeAdapterFiles(temp, adapter, { base: place.base });
      if (place.basePin !== null) await writeBasePin(temp, place.basePin);
      await copyTokenizerFiles(place.folder, temp);
    }
    await writeSafetensors(join(temp, MOMENTS), start.optimizer);
    await writeFile(join(temp, COUNTERS), `${JSON.stringify({ version: start.version, updates: start.updates })}\n`);
  });
}

function parseCounters(value: unknown, folder: string): z.output<typeof countersSchema> {
  const parsed = countersSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ModelLoadError(
    `${join(folder, COUNTERS)} does not hold a trainer's counters.`,
    'Resume from another state of the run, or start from the weights with a fresh optimizer.',
  );
}
