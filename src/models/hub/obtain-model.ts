/**
 * From what a user calls a model to its folder on this machine: a path, the model that ships, or a name on the
 * Hugging Face hub, which is downloaded into the cache of Hugging Face's tools the first time and found there
 * offline from then on. It judges a model by its `config.json` before it downloads the weights. An adapter comes with
 * its base.
 */

import { existsSync } from 'node:fs';
import { messageOf, ModelLoadError } from '../../errors.ts';
import { ADAPTER_WEIGHTS, readAdapterSettings } from '../adapters/adapter-folder.ts';
import { readModelConfig } from '../checkpoint.ts';
import { checkpointFiles, checkpointTexts } from '../checkpoint-files.ts';
import { findModel } from './find-model.ts';
import { fetchFromHub, findInCache, isHubId, type HubOptions } from './hub.ts';

/** Whether this names a model on the hub: `owner/name`, and nothing on this machine is called so. */
export function isOnHub(model: string): boolean {
  return isHubId(model) && !existsSync(findModel(model));
}

/** How much of a model is wanted: all, or what describes it, without its weights. */
export type ModelPart = 'whole' | 'texts';

/**
 * The folder of a model, downloaded where it has to be. A path that does not exist comes back as it is: whoever
 * reads it says what is missing. ModelLoadError when a model on the hub does not exist, may not be read, is of no
 * supported architecture, has no safetensors weights, or does not arrive.
 */
export async function obtainModel(model: string, options: HubOptions = {}, part: ModelPart = 'whole'): Promise<string> {
  const folder = isOnHub(model) ? await obtainNamed(model, options, part) : findModel(model);
  await obtainBase(folder, options, part);
  return folder;
}

async function obtainNamed(model: string, options: HubOptions, part: ModelPart): Promise<string> {
  try {
    return await downloadModel({ id: model }, options, part);
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    // A path that is mistyped looks like a name on the hub.
    const [message] = messageOf(error).split('\n', 1);
    throw new ModelLoadError(`There is no folder ${model} here. ${message}`, error.advice, { cause: error });
  }
}

/** Of an adapter, the base that it names on the hub. */
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

/** The folder of a hub's model that was downloaded before; null when it was not, or not whole. Asks no network. */
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
  if (!isAdapter) await readModelConfig(texts.folder);
  if (part === 'texts') return texts.folder;
  // The commit that the first files are of: a branch may move on meanwhile.
  const whole = await fetchFromHub({ type: 'model', id: repo.id, revision: texts.commit }, checkpointFiles, options);
  if (whole.files.some((file) => file.endsWith('.safetensors'))) return whole.folder;
  throw new ModelLoadError(
    `The model ${repo.id} has no ${isAdapter ? ADAPTER_WEIGHTS : 'model.safetensors, in one file or in shards'}.`,
    'Choose a repository that has, or convert its weights to safetensors in a folder and name that.',
  );
}
