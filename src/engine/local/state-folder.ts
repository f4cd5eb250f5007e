/**
 * Reads and writes resumable policies on disk: the checkpoint in Hugging Face format, or the adapter in PEFT's,
 * `optimizer.safetensors` with the moments, and `trainer.json` with the counters. Folders are written atomically.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { EngineError, ModelLoadError } from '../../errors.ts';
import { writeAdapterFiles } from '../../models/adapters/adapter-folder.ts';
import { writeBasePin } from '../../models/adapters/base-pin.ts';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { copyTokenizerFiles, writeCheckpointFiles } from '../../models/checkpoint.ts';
import { readJsonIfPresent } from '../../files/json-file.ts';
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

/** Returns the version of the weights in a folder; 0 if no trainer wrote it. Throws ModelLoadError if it cannot be read. */
export async function readVersion(folder: string): Promise<number> {
  return (await readCounters(folder))?.version ?? 0;
}

/**
 * Returns the optimizer state to continue from: saved moments and counters, or fresh ones at the folder's version. Throws
 * ModelLoadError if they cannot be read.
 */
export async function loadTrainerStart(folder: string, optimizer: 'restore' | 'fresh'): Promise<TrainerStart> {
  if (optimizer === 'fresh') return { version: await readVersion(folder), updates: 0, optimizer: new Map() };
  const counters = await readCounters(folder);
  if (counters === null) throw incomplete(folder, `${COUNTERS} is missing`);
  const { tensors } = await partOf(folder, readSafetensors(join(folder, MOMENTS)));
  return { ...counters, optimizer: new Map(tensors) };
}

/**
 * Writes a state; throws EngineError `numeric` if its weights are not finite. For an adapter, only its factors and the name and fingerprint of the base. Copies the tokenizer files of
 * `place.folder`.
 */
export async function saveState(
  folder: string,
  { config, tensors, adapter, place }: Pick<Loaded, 'config' | 'tensors' | 'adapter' | 'place'>,
  start: TrainerStart,
): Promise<void> {
  const own = await (adapter ?? { tensors }).tensors.read();
  await writeFolderAtomically(folder, async (temp) => {
    if (adapter === null) {
      await refuseDiverged(writeCheckpointFiles(temp, { config, weights: own, sourceFolder: place.folder }));
    } else {
      await refuseDiverged(writeAdapterFiles(temp, { shape: adapter.shape, weights: own }, { base: place.base }));
      if (place.basePin !== null) await writeBasePin(temp, place.basePin);
      await copyTokenizerFiles(place.folder, temp);
    }
    await writeSafetensors(join(temp, MOMENTS), start.optimizer);
    await writeFile(join(temp, COUNTERS), `${JSON.stringify({ version: start.version, updates: start.updates })}\n`);
  });
}

/** Returns null if no trainer wrote the folder. */
async function readCounters(folder: string): Promise<z.output<typeof countersSchema> | null> {
  const value = await partOf(folder, readJsonIfPresent(join(folder, COUNTERS)));
  if (value === null) return null;
  const parsed = countersSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw incomplete(folder, `${COUNTERS} does not hold a trainer's counters`, parsed.error);
}

/** Trained weights have the shapes of a loaded checkpoint, so a writer can only refuse their values. */
async function refuseDiverged(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    throw new EngineError(
      'numeric',
      'Training has diverged: its weights are not finite, and were not saved.',
      'Continue from the last saved state with a lower learning rate.',
      { cause: error },
    );
  }
}

/** Awaits a part of the state, and names the state if it cannot be read. */
async function partOf<T>(folder: string, part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    throw incomplete(folder, error.message.split('\n', 1)[0].replace(/\.$/, ''), error);
  }
}

/** The weights of an incomplete state can still be used: a folder without counters is a model like any other. */
function incomplete(folder: string, why: string, cause?: unknown): ModelLoadError {
  return new ModelLoadError(
    `Training cannot continue from ${folder}: ${why}.`,
    `Restore the folder as it was. To use its weights in a new run, delete ${COUNTERS} there, and pass it with --model ${folder}.`,
    { cause },
  );
}
