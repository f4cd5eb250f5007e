/**
 * Resolves a model's name to a folder on this machine: a path, the shipped model, or a name on the Hugging Face hub. A
 * model on the hub is downloaded into the cache of Hugging Face's tools once, and found there offline afterwards. Its
 * `config.json` is checked before the weights are downloaded. An adapter is downloaded with its base.
 */

import { existsSync } from 'node:fs';
import { messageOf, ModelLoadError } from '../../errors.ts';
import { ADAPTER_WEIGHTS, readAdapterSettings } from '../adapters/adapter-folder.ts';
import { readModelConfig } from '../checkpoint.ts';
import { checkpointFiles, checkpointTexts } from '../checkpoint-files.ts';
import { findModel } from './find-model.ts';
import { fetchFromHub, findInCache, isHubId, type HubOptions } from './hub.ts';

/** Returns whether a name is a model on the hub: `owner/name`, and no such path on this machine. */
export function isOnHub(model: string): boolean {
  return isHubId(model) && !existsSync(findModel(model));
}

/**
 * Part of a model to download: all files, or all except the weights. `tokenizer` is the latter for a model that runs on
 * another machine, so its architecture does not matter here.
 */
export type ModelPart = 'whole' | 'texts' | 'tokenizer';

/**
 * Returns the folder of a model, and downloads it if needed. Returns a path that does not exist unchanged: its reader
 * reports what is missing. Throws ModelLoadError if a model on the hub does not exist, may not be read, has an
 * unsupported architecture or no safetensors weights, or cannot be downloaded.
 */
export async function obtainModel(model: string, options: HubOptions = {}, part: ModelPart = 'whole'): Promise<string> {
  const folder = isOnHub(model) ? await obtainNamed(model, options, part) : findModel(model);
  if (part !== 'tokenizer') await obtainBase(folder, options, part);
  return folder;
}

async function obtainNamed(model: string, options: HubOptions, part: ModelPart): Promise<string> {
  try {
    return await downloadModel({ id: model }, options, part);
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    // A mistyped path looks like a name on the hub.
    const [message] = messageOf(error).split('\n', 1);
    throw new ModelLoadError(`There is no folder ${model} here. ${message}`, error.advice, { cause: error });
  }
}

/** Downloads the base of an adapter if it is on the hub. */
async function obtainBase(folder: string, options: HubOptions, part: ModelPart): Promise<void> {
  const adapter = await readAdapterSettings(folder);
  if (adapter === null || !isOnHub(adapter.base)) return;
  const { base, revision } = adapter;
  try {
    await downloadModel({ id: base, ...(revision === null ? {} : { revision }) }, options, part);
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    const [message] = messageOf(error).split('\n', 1);
    throw new ModelLoadError(`${folder} is an adapter over ${base}. ${message}`, error.advice, { cause: error });
  }
}

/** Returns the folder of a downloaded hub model without network access; null if it is missing or incomplete. */
export async function downloadedModel(id: string, env?: Record<string, string | undefined>): Promise<string | null> {
  return (await findInCache({ type: 'model', id }, checkpointFiles, env))?.folder ?? null;
}

async function downloadModel(
  repo: { id: string; revision?: string },
  options: HubOptions,
  part: ModelPart,
): Promise<string> {
  const texts = await fetchFromHub({ type: 'model', ...repo }, checkpointTexts, { ...options, onProgress: undefined });
  const isAdapter = (await readAdapterSettings(texts.folder)) !== null;
  if (!isAdapter && part !== 'tokenizer') await readModelConfig(texts.folder);
  if (part !== 'whole') return texts.folder;
  // Uses the commit of the first files, because a branch may change in the meantime.
  const whole = await fetchFromHub({ type: 'model', id: repo.id, revision: texts.commit }, checkpointFiles, options);
  if (whole.files.some((file) => file.endsWith('.safetensors'))) return whole.folder;
  throw new ModelLoadError(
    `The model ${repo.id} has no ${isAdapter ? ADAPTER_WEIGHTS : 'model.safetensors, in one file or in shards'}.`,
    'Choose a repository that has it, or convert its weights to safetensors in a folder and pass its path.',
  );
}
