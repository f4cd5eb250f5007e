/**
 * The fingerprints of what a run was made from, stored in the run: the files of its base model and the data files of its
 * benchmarks. This module reads the record and compares the model; `loop/run/inputs.ts` writes it.
 */

import { existsSync } from 'node:fs';
import { z } from 'zod';
import { ModelLoadError } from '../errors.ts';
import { type FilePin, filePin } from '../files/file-pin.ts';
import { placeOfModel } from '../models/adapters/adapter-base.ts';
import { usedOfBase } from '../models/adapters/base-pin.ts';
import { readAdapterSettings } from '../models/adapters/adapter-folder.ts';
import { confirmModel, describeChanges, type ModelPin, modelPin, pinModel } from '../models/model-pin.ts';
import type { PartialKind } from '../store/partials.ts';
import type { RunStore } from '../store/store.ts';

/** Pins of the model that a run starts from. */
export interface PinnedModel {
  /** Files in the model's folder. */
  model: ModelPin;
  /** If the model is an adapter, the files of its base that it uses; otherwise null. */
  base: ModelPin | null;
  /** The weights are on a service, so only the texts are pinned: tokenizer, chat template, configs. */
  textsOnly?: true;
}

export interface RunInputs extends PinnedModel {
  /** Data files of benchmarks, by the name of the task. */
  data: Record<string, FilePin>;
}

/** Stored once, in iteration 0. */
export const RUN_INPUTS: PartialKind<RunInputs> = {
  name: 'inputs',
  schema: z.object({
    model: modelPin,
    base: modelPin.nullable(),
    textsOnly: z.literal(true).optional(),
    data: z.record(z.string(), filePin),
  }),
};

/** Returns the record of a run; null for a run of a version that kept none. */
export function keptInputs(store: Pick<RunStore, 'partials'>): RunInputs | null {
  return store.partials(RUN_INPUTS, 0).at(-1)?.value ?? null;
}

/** Pins a model and, for an adapter, its base. `textsOnly`: without weights, which may be on another machine. */
export async function pinModelOfRun(folder: string, textsOnly = false): Promise<PinnedModel> {
  if (textsOnly) return { model: await pinModel(folder, isText), base: null, textsOnly: true };
  if ((await readAdapterSettings(folder)) === null) return { model: await pinModel(folder), base: null };
  const { base } = await placeOfModel(folder);
  return { model: await pinModel(folder), base: await pinModel(base, usedOfBase(folder)) };
}

/**
 * Checks that the model in `folder` is the one that a run started with. Returns its pins, with new stamps.
 * @param words the advice if it is not, and for the message what the model is and since when it is the same
 * @throws ModelLoadError with the changed files
 */
export async function confirmModelOfRun(
  folder: string,
  kept: PinnedModel,
  words: { advice: string; model?: string; since?: string },
): Promise<PinnedModel> {
  const { advice, model: what = 'the base model', since = 'the run started' } = words;
  if (!existsSync(folder)) {
    throw new ModelLoadError(`${what[0].toUpperCase()}${what.slice(1)} ${folder} was removed since ${since}.`, advice);
  }
  const model = await confirmModel(folder, kept.model, kept.textsOnly === true ? isText : undefined);
  if (model.changes.length > 0) {
    const changes = describeChanges(model.changes, { folder, model: what, since });
    throw new ModelLoadError(changes, advice);
  }
  if (kept.textsOnly === true) return { model: model.pin, base: null, textsOnly: true };
  if (kept.base === null) return { model: model.pin, base: null };
  const { base: at } = await placeOfModel(folder);
  const base = await confirmModel(at, kept.base, usedOfBase(folder));
  if (base.changes.length > 0) {
    const under = { folder: at, model: `the model under the adapter ${folder}`, since };
    throw new ModelLoadError(describeChanges(base.changes, under), advice);
  }
  return { model: model.pin, base: base.pin };
}

/** Weights may be added to a folder later, e.g. to the cache of the hub. */
function isText(name: string): boolean {
  return !/\.safetensors(?:\.index\.json)?$/.test(name);
}
