/**
 * Resolves a model's folder to its checkpoint: the folder itself or, for an adapter, the base that it names.
 * Uses no network; `obtain-model.ts` downloads an adapter together with its base.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelLoadError } from '../../errors.ts';
import { type AdapterSettings, readAdapterSettings } from './adapter-folder.ts';
import { confirmBase, readBasePin } from './base-pin.ts';
import type { ModelPin } from '../model-pin.ts';
import { checkpointTexts } from '../checkpoint-files.ts';
import { findModel } from '../hub/find-model.ts';
import { findInCache, isHubId } from '../hub/hub.ts';

/** Folders of the parts of a model. */
export interface ModelPlace {
  /** The folder as given. */
  folder: string;
  /** Folder of the checkpoint: the folder itself, or the adapter's base. */
  base: string;
  /** Null for a full checkpoint. */
  adapter: AdapterSettings | null;
  /** Fingerprint of the adapter's base; null for a full checkpoint, and for an adapter that records none. */
  basePin: ModelPin | null;
}

/**
 * Resolves a folder. Throws ModelLoadError if an adapter's base is not on this machine, is itself an adapter, or
 * is not the one that the adapter was trained on.
 */
export async function placeOfModel(
  folder: string,
  env: Record<string, string | undefined> = process.env,
): Promise<ModelPlace> {
  const adapter = await readAdapterSettings(folder);
  if (adapter === null) return { folder, base: folder, adapter, basePin: null };
  const base = await findBase(adapter, env);
  if (base === null) {
    const name = JSON.stringify(adapter.base).slice(0, 200);
    throw new ModelLoadError(
      isHubId(adapter.base)
        ? `${folder}: its base ${name} is not on this machine and was not downloaded.`
        : `${folder}: its base ${name} does not exist.`,
      isHubId(adapter.base)
        ? `Pass the adapter to \`rzero evolve --model\` or \`rzero export --model\`, which download its base, or set base_model_name_or_path to a folder.`
        : 'Correct base_model_name_or_path in adapter_config.json: a folder, or a model name on the hub.',
    );
  }
  if ((await readAdapterSettings(base)) === null) {
    const basePin = await readBasePin(folder);
    if (basePin !== null) await confirmBase(folder, base, basePin);
    return { folder, base, adapter, basePin };
  }
  throw new ModelLoadError(
    `${folder}: its base ${base} is itself an adapter.`,
    'Merge the base first with `rzero export --model BASE --out FOLDER`, and set base_model_name_or_path to that folder.',
  );
}

async function findBase(
  { base, revision }: AdapterSettings,
  env: Record<string, string | undefined>,
): Promise<string | null> {
  const folder = findModel(base);
  if (existsSync(folder)) return folder;
  if (!isHubId(base)) return null;
  const repo = { type: 'model' as const, id: base, ...(revision === null ? {} : { revision }) };
  return (await findInCache(repo, checkpointTexts, env))?.folder ?? null;
}

/** Folders of a model's text files. An adapter may have its own tokenizer; otherwise its base's is used. */
export interface TextFolders {
  /** `tokenizer.json`, its config, the chat template. */
  tokenizer: string;
  /** `generation_config.json` */
  generation: string;
  /** `config.json` */
  config: string;
}

export function textFolders({ folder, base }: ModelPlace): TextFolders {
  const holding = (name: string): string => (existsSync(join(folder, name)) ? folder : base);
  return { tokenizer: holding('tokenizer.json'), generation: holding('generation_config.json'), config: base };
}

const IN_CACHE = /[\\/]models--([^\\/]+?)--([^\\/]+)[\\/]snapshots[\\/][0-9a-f]{40}[\\/]?$/;

/** Returns a portable name of a base: its hub name if it is in Hugging Face's cache, otherwise the folder. */
export function publicName(base: string): string {
  const match = IN_CACHE.exec(base);
  return match === null ? base : `${match[1]}/${match[2]}`;
}
