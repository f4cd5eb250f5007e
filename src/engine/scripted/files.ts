/**
 * Folders of the scripted engine: `config.json` (model_type `scripted`, vocab_size), `model.safetensors`
 * with the two tables, `generation_config.json` with the stop tokens, and whatever tokenizer files lie
 * beside them; a saved state adds `trainer_state.json` and `optimizer.safetensors`.
 */

import { copyFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, ModelLoadError } from '../../errors.ts';
import { readTensors, writeTensors } from './tensors.ts';
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

const OWN_FILES = new Set(['model.safetensors', 'optimizer.safetensors', 'trainer_state.json']);

/** Reads a folder. Throws ModelLoadError when it is not one of this engine. */
export async function loadFolder(path: string): Promise<LoadedFolder> {
  const config = await readJson(join(path, 'config.json'));
  if (config === null) throw new ModelLoadError(`${path} has no readable config.json.`, 'Give the folder of a checkpoint.');
  const vocabulary = config.vocab_size;
  if (config.model_type !== 'scripted' || typeof vocabulary !== 'number' || !Number.isInteger(vocabulary) || vocabulary < 1) {
    throw new ModelLoadError(
      `${path} is not a checkpoint of the scripted engine (model_type ${JSON.stringify(config.model_type)}).`,
      'Set engine.kind to local for a real model.',
    );
  }
  const model = await loadTables(join(path, 'model.safetensors'), vocabulary, '');
  const generation = await readJson(join(path, 'generation_config.json'));
  const eos = generation?.eos_token_id ?? config.eos_token_id ?? [];
  const stops = new Set((Array.isArray(eos) ? eos : [eos]).filter((id): id is number => Number.isInteger(id)));
  const state = await readJson(join(path, 'trainer_state.json'));
  if (state === null) return { model, stops, version: 0, moments: null };
  const moments: Moments = {
    updates: numberOf(state.updates),
    first: await loadTables(join(path, 'optimizer.safetensors'), vocabulary, 'first.'),
    second: await loadTables(join(path, 'optimizer.safetensors'), vocabulary, 'second.'),
  };
  return { model, stops, version: numberOf(state.version), moments };
}

/** Writes a state folder at `path`: beside it first, then renamed, so that it is whole or absent. */
export async function saveFolder(path: string, from: string, model: TableModel, version: number, moments: Moments): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.partial`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isFile() && !OWN_FILES.has(entry.name)) await copyFile(join(from, entry.name), join(temporary, entry.name));
  }
  await writeDurably(join(temporary, 'model.safetensors'), writeTensors(tables(model, '')));
  await writeDurably(
    join(temporary, 'optimizer.safetensors'),
    writeTensors([...tables(moments.first, 'first.'), ...tables(moments.second, 'second.')]),
  );
  await writeDurably(join(temporary, 'trainer_state.json'), Buffer.from(JSON.stringify({ version, updates: moments.updates })));
  await rename(temporary, path);
}

function tables(model: TableModel, prefix: string): { name: string; shape: number[]; data: Float32Array }[] {
  const shape = [model.vocabulary, model.vocabulary];
  return [
    { name: `${prefix}bigram.weight`, shape, data: model.bigram },
    { name: `${prefix}skip.weight`, shape, data: model.skip },
  ];
}

async function loadTables(path: string, vocabulary: number, prefix: string): Promise<TableModel> {
  const advice = 'Copy the checkpoint again: the file is damaged or of another model.';
  let tensors: Map<string, Float32Array>;
  try {
    tensors = readTensors(await readFile(path));
  } catch (cause) {
    throw new ModelLoadError(`Cannot read ${path}: ${messageOf(cause)}`, advice, { cause });
  }
  const table = (name: string): Float32Array => {
    const data = tensors.get(prefix + name);
    if (data === undefined || data.length !== vocabulary * vocabulary) {
      throw new ModelLoadError(`${path} has no tensor ${prefix}${name} of shape [${vocabulary}, ${vocabulary}].`, advice);
    }
    if (!data.every(Number.isFinite)) throw new ModelLoadError(`${path}: ${prefix}${name} holds values that are not finite.`, advice);
    return data;
  };
  return { vocabulary, bigram: table('bigram.weight'), skip: table('skip.weight') };
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes);
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
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
