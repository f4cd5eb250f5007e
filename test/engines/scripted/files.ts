/**
 * Folders of the scripted engine: `config.json` (model_type `scripted`, vocab_size), `model.safetensors` with the two
 * tables, `generation_config.json` with the stop tokens, and tokenizer files. A saved state also has `trainer.json` and
 * `optimizer.safetensors`. An adapter has PEFT's two files instead of the tables.
 */

import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelLoadError } from '../../../src/errors.ts';
import { writeFolderAtomically } from '../../../src/files/atomic-folder.ts';
import type { Adapter } from '../../../src/models/adapters/adapter.ts';
import { ADAPTER_TARGETS } from '../../../src/types.ts';
import { placeOfModel } from '../../../src/models/adapters/adapter-base.ts';
import {
  ADAPTER_CONFIG,
  ADAPTER_PREFIX,
  ADAPTER_WEIGHTS,
  type AdapterSettings,
  writeAdapterFiles,
} from '../../../src/models/adapters/adapter-folder.ts';
import { pinBase, writeBasePin } from '../../../src/models/adapters/base-pin.ts';
import type { Tensor, Weights } from '../../../src/models/decoder-config.ts';
import { readSafetensors, writeSafetensors } from '../../../src/models/weights/safetensors.ts';
import type { TableModel } from './model.ts';
import { factorShapes, tensorsOf, type Trainable } from './trainable.ts';

/** AdamW's moments by tensor name, and the number of their updates. */
export interface Moments {
  updates: number;
  first: Weights;
  second: Weights;
}

export interface LoadedFolder {
  /** The tables, or those of the adapter's base. */
  model: TableModel;
  adapter: Adapter | null;
  /** Folder of the tables. */
  base: string;
  stops: Set<number>;
  /** Optimizer steps since the base. */
  version: number;
  moments: Moments | null;
}

const OWN_FILES = new Set([
  'model.safetensors',
  'optimizer.safetensors',
  'trainer.json',
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
]);

/** Reads a folder. Throws ModelLoadError if it is not a folder of this engine. */
export async function loadFolder(path: string): Promise<LoadedFolder> {
  const { base, adapter: settings } = await placeOfModel(path);
  if (settings === null) return loadState(path, await loadTables(path), null);
  const tables = await loadTables(base);
  return loadState(path, tables, await loadFactors(path, settings, tables.model.vocabulary));
}

type Tables = Pick<LoadedFolder, 'model' | 'base' | 'stops'>;

async function loadTables(path: string): Promise<Tables> {
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
      'Use the engine kind "local" for a real model.',
    );
  }
  const shape = [vocabulary, vocabulary];
  const names = ['bigram.weight', 'skip.weight'].map((name) => ({ name, shape }));
  const tables = await readTensors(join(path, 'model.safetensors'), names, '');
  const table = (name: string): Float32Array => tables.get(name)?.data ?? new Float32Array(0);
  const model = { vocabulary, bigram: table('bigram.weight'), skip: table('skip.weight') };
  const generation = await readJson(join(path, 'generation_config.json'));
  const eos = generation?.eos_token_id ?? config.eos_token_id ?? [];
  const stops = new Set((Array.isArray(eos) ? eos : [eos]).filter((id): id is number => Number.isInteger(id)));
  return { model, base: path, stops };
}

async function loadFactors(path: string, settings: AdapterSettings, vocabulary: number): Promise<Adapter> {
  const { rank, alpha, targetModules } = settings;
  const targets = ADAPTER_TARGETS.filter((target) => targetModules.includes(target));
  const names = factorShapes(vocabulary, rank);
  const weights = await readTensors(join(path, ADAPTER_WEIGHTS), names, ADAPTER_PREFIX);
  return { shape: { rank, alpha, targets }, weights };
}

/** Reads the optimizer state of a saved policy. */
async function loadState(path: string, tables: Tables, adapter: Adapter | null): Promise<LoadedFolder> {
  const state = await readJson(join(path, 'trainer.json'));
  if (state === null) return { ...tables, adapter, version: 0, moments: null };
  const tensors = adapter?.weights ?? tensorsOf(tables.model);
  const names = Array.from(tensors, ([name, { shape }]) => ({ name, shape }));
  const file = join(path, 'optimizer.safetensors');
  const moments: Moments = {
    updates: numberOf(state.updates),
    first: await readTensors(file, names, 'first.'),
    second: await readTensors(file, names, 'second.'),
  };
  return { ...tables, adapter, version: numberOf(state.version), moments };
}

/** Writes a base folder for `loadFolder`, without tokenizer files. */
export async function writeBase(path: string, model: TableModel, stops: readonly number[]): Promise<void> {
  await writeFolderAtomically(path, async (temp) => {
    await writeJson(join(temp, 'config.json'), { model_type: 'scripted', vocab_size: model.vocabulary });
    await writeJson(join(temp, 'generation_config.json'), { eos_token_id: stops });
    await writeSafetensors(join(temp, 'model.safetensors'), tensorsOf(model));
  });
}

/** Writes a state folder at `path` atomically, with the other files of `from`. */
export async function saveFolder(
  path: string,
  { from, base }: { from: string; base: string },
  { model, adapter }: Pick<Trainable, 'model' | 'adapter'>,
  version: number,
  moments: Moments,
): Promise<void> {
  await writeFolderAtomically(path, async (temp) => {
    for (const entry of await readdir(from, { withFileTypes: true })) {
      if (entry.isFile() && !OWN_FILES.has(entry.name)) await copyFile(join(from, entry.name), join(temp, entry.name));
    }
    if (adapter === null) await writeSafetensors(join(temp, 'model.safetensors'), tensorsOf(model));
    else {
      await writeAdapterFiles(temp, adapter, { base });
      await writeBasePin(temp, await pinBase(base));
    }
    await writeSafetensors(join(temp, 'optimizer.safetensors'), [
      ...prefixed(moments.first, 'first.'),
      ...prefixed(moments.second, 'second.'),
    ]);
    await writeJson(join(temp, 'trainer.json'), { version, updates: moments.updates });
  });
}

function prefixed(tensors: Weights, prefix: string): [string, Tensor][] {
  return Array.from(tensors, ([name, tensor]) => [prefix + name, tensor]);
}

async function readTensors(
  path: string,
  names: readonly { name: string; shape: readonly number[] }[],
  prefix: string,
): Promise<Weights> {
  const { tensors } = await readSafetensors(path);
  return new Map(
    names.map(({ name, shape }): [string, Tensor] => {
      const tensor = tensors.get(prefix + name);
      if (tensor !== undefined && tensor.shape.join() === shape.join() && tensor.data.every(Number.isFinite))
        return [name, tensor];
      throw new ModelLoadError(
        `${path} has no finite tensor ${prefix}${name} of shape [${shape.join(', ')}].`,
        'Copy the checkpoint again: the file is damaged or of another model.',
      );
    }),
  );
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
