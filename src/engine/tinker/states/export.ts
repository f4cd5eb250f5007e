/** Exports states of a service as folders: an adapter in PEFT's format, or a Hugging Face folder. */

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../../errors.ts';
import { writeFolderAtomically } from '../../../files/atomic-folder.ts';
import { copyContent } from '../../../files/copy-content.ts';
import { ADAPTER_CONFIG } from '../../../models/adapters/adapter-folder.ts';
import { modelFiles } from '../../../models/checkpoint-files.ts';
import { ServiceError, type TinkerService } from '../service.ts';
import type { SavedState } from './record.ts';

const WEIGHTS = /\.safetensors$/;

/** Returns whether a folder has weights of its own. */
export function hasWeights(folder: string): boolean {
  return existsSync(folder) && modelFiles(readdirSync(folder)).some((name) => WEIGHTS.test(name));
}

/** Downloads a state. Throws EngineError `user` if the service offers no archive of it. */
export async function exportState(
  api: TinkerService,
  saved: SavedState,
  folder: string,
  target: string,
): Promise<void> {
  await writeFolderAtomically(target, async (temp) => {
    await download(api, saved, temp);
    if (!existsSync(join(temp, ADAPTER_CONFIG)) && !hasWeights(temp)) {
      throw new EngineError(
        'user',
        `The archive of ${saved.path} from ${api.url} has neither an adapter in PEFT's format nor a model.`,
        'Export it with the tools of the service.',
      );
    }
    await nameBase(join(temp, ADAPTER_CONFIG), hasWeights(folder) ? folder : saved.base);
    for (const name of modelFiles(readdirSync(folder))) {
      const own = !WEIGHTS.test(name) && name !== 'config.json' && !existsSync(join(temp, name));
      if (own) await copyContent(join(folder, name), join(temp, name));
    }
  });
}

/** Copies a base whose folder has its weights. Throws EngineError `user` if they are only on the service. */
export async function exportBase(folder: string, target: string): Promise<void> {
  if (!hasWeights(folder)) {
    throw new EngineError(
      'user',
      `${folder} holds only the tokenizer of the base model: its weights are on the service, which does not send them.`,
      'Download the base model from where it was published.',
    );
  }
  await writeFolderAtomically(target, async (temp) => {
    for (const name of modelFiles(readdirSync(folder))) await copyContent(join(folder, name), join(temp, name));
  });
}

/** Downloads the weights to sample from, else the state itself: services offer archives of one kind or of both. */
async function download(api: TinkerService, { samplerPath, path }: SavedState, temp: string): Promise<void> {
  let last: unknown = null;
  for (const candidate of [samplerPath, path]) {
    if (candidate === null) continue;
    const place = `${temp}.download`;
    await mkdir(place);
    try {
      await api.download(candidate, place);
      for (const name of readdirSync(place)) await rename(join(place, name), join(temp, name));
      return;
    } catch (error) {
      if (!(error instanceof ServiceError) || !['refused', 'failed', 'lost-sampler'].includes(error.outcome))
        throw error;
      last = error;
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }
  throw new EngineError(
    'user',
    `The service at ${api.url} does not send the weights of ${path}.`,
    'Export them with the tools of the service; the run itself does not need them here.',
    { cause: last },
  );
}

/** Names the base in the adapter's settings, if there is an adapter. */
async function nameBase(file: string, base: string): Promise<void> {
  if (!existsSync(file)) return;
  const settings: unknown = JSON.parse(await readFile(file, 'utf8'));
  const named = { ...(typeof settings === 'object' ? settings : {}), base_model_name_or_path: base };
  await writeFile(file, `${JSON.stringify(named, null, 2)}\n`);
}
