/**
 * Folders of the scripted engine: `config.json` (model_type `scripted`, vocab_size), `model.safetensors`
 * with the two tables, `generation_config.json` with the stop tokens, and whatever tokenizer files lie
 * beside them; a saved state adds `trainer.json` and `optimizer.safetensors`.
 */

import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelLoadError } from '../../errors.ts';
import { writeFolderAtomically } from '../../models/atomic-folder.ts';
import type { Weights } from '../../models/decoder-config.ts';
import { readSafetensors, writeSafetensors } from '../../models/safetensors.ts';
import type { TableModel } from './model.ts';

/** AdamW's moments and how often they were updated. */
export interface Moments {
  updates: number;
  first: TableModel;
  second: TableModel;
}

export interface LoadedFolder {
  model: TableModel;
  stops: Set<number>;
  /** Optimizer steps since the base. */
  version: number;
  moments: Moments | null;
}

const OWN_FILES = new Set(['model.safetensors', 'optimizer.safetensors', 'trainer.json']);

/** Reads a folder. Throws ModelLoadError when it is not one of this engine. */
export async function loadFolder(path: string): Promise<LoadedFolder> {
  const config = await readJson(join(path, 'config.json'));
  if (config === null)
    throw new ModelLoadError(`${path} has no readable config.json.`, 'Give the folder of a checkpoint.');
  const vocabulary = config.vocab_size;
  if (
    config.model_type !== 'scripted' ||
    typeof vocabulary !== 'number' ||
    !Number.isInteger(vocabulary) ||
    vocabulary < 1
  ) {
    throw new ModelLoadError(
      `${path} is not a checkpoint of the scripted engine (model_type ${JSON.stringify(config.model_type)}).`,
      'Set engine.kind to local for a real model.',
    );
  }
  const model = await loadTables(join(path, 'model.safetensors'), vocabulary, '');
  const generation = await readJson(join(path, 'generation_config.json'));
  const eos = generation?.eos_token_id ?? config.eos_token_id ?? [];
  const stops = new Set((Array.isArray(eos) ? eos : [eos]).filter((id): id is number => Number.isInteger(id)));
  const state = await readJson(join(path, 'trainer.json'));
  if (state === null) return { model, stops, version: 0, moments: null };
  const moments: Moments = {
    updates: numberOf(state.updates),
    first: await loadTables(join(path, 'optimizer.safetensors'), vocabulary, 'first.'),
    second: await loadTables(join(path, 'optimizer.safetensors'), vocabulary, 'second.'),
  };
  return { model, stops, version: numberOf(state.version), moments };
}

/** Writes a base folder: what `loadFolder` reads, without tokenizer files. */
export async function writeBase(path: string, model: TableModel, stops: readonly number[]): Promise<void> {
  await writeFolderAtomically(path, async (temp) => {
    await writeJson(join(temp, 'config.json'), { model_type: 'scripted', vocab_size: model.vocabulary });
    await writeJson(join(temp, 'generation_config.json'), { eos_token_id: stops });
    await writeSafetensors(join(temp, 'model.safetensors'), tables(model, ''));
  });
}

/** Writes a state folder at `path`, whole or not at all, with the other files of `from`. */
export async function saveFolder(
  path: string,
  from: string,
  model: TableModel,
  version: number,
  moments: Moments,
): Promise<void> {
  await writeFolderAtomically(path, async (temp) => {
    for (const entry of await readdir(from, { withFileTypes: true })) {
      if (entry.isFile() && !OWN_FILES.has(entry.name)) await copyFile(join(from, entry.name), join(temp, entry.name));
    }
    await writeSafetensors(join(temp, 'model.safetensors'), tables(model, ''));
    await writeSafetensors(join(temp, 'optimizer.safetensors'), [
      ...tables(moments.first, 'first.'),
      ...tables(moments.second, 'second.'),
    ]);
    await writeJson(join(temp, 'trainer.json'), { version, updates: moments.updates });
  });
}

function tables(model: TableModel, prefix: string): Weights {
  const shape = [model.vocabulary, model.vocabulary];
  return new Map([
    [`${prefix}bigram.weight`, { shape, data: model.bigram }],
    [`${prefix}skip.weight`, { shape, data: model.skip }],
  ]);
}

async function loadTables(path: string, vocabulary: number, prefix: string): Promise<TableModel> {
  const { tensors } = await readSafetensors(path);
  const table = (name: string): Float32Array => {
    const tensor = tensors.get(prefix + name);
    if (tensor === undefined || tensor.data.length !== vocabulary * vocabulary || !tensor.data.every(Number.isFinite)) {
      throw new ModelLoadError(
        `${path} has no finite tensor ${prefix}${name} of shape [${vocabulary}, ${vocabulary}].`,
        'Copy the checkpoint again: the file is damaged or of another model.',
      );
    }
    return tensor.data;
  };
  return { vocabulary, bigram: table('bigram.weight'), skip: table('skip.weight') };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function readJson(path: string): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
