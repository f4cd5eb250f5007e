/**
 * START HERE for models. A checkpoint is a Hugging Face folder: config.json, weights as safetensors (one
 * file or shards), tokenizer files. This loads it whole and checked, and saves it atomically. It runs
 * nothing (`engine/local` does) and downloads nothing. Next: `decoder-config.ts` (what a decoder is),
 * `safetensors.ts` (the weights file), `tokenizer.ts` (the texts).
 */

import { copyFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../errors.ts';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './arch/index.ts';
import { exists, writeFolderAtomically } from './atomic-folder.ts';
import { decoderTensors, type DecoderConfig, type Weights } from './decoder-config.ts';
import { readJson, readJsonIfPresent } from './json-file.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

export interface Checkpoint {
  config: DecoderConfig;
  /** Float32, in the order of `decoderTensors(config)`. */
  weights: Weights;
}

export interface CheckpointToSave extends Checkpoint {
  /** Folder whose tokenizer files, and special tokens in config.json, go along. */
  sourceFolder?: string;
  /** Default `float32`. */
  dtype?: 'float32' | 'bfloat16';
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const COPIED = [
  'tokenizer.json',
  'tokenizer_config.json',
  'generation_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
];
const COPIED_KEYS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/** Only the decoder's config. ModelLoadError when it is missing, ill-formed or of an unsupported family. */
export async function readModelConfig(folder: string): Promise<DecoderConfig> {
  const file = join(folder, 'config.json');
  return fromHuggingFaceConfig(await readJson(file, "a decoder's config"), file);
}

/**
 * Config and weights (as float32) of a folder. ModelLoadError that names file and tensor when a file is
 * missing or broken, a tensor is missing, unexpected or of the wrong shape, or holds NaN or infinity.
 * An `lm_head.weight` beside tied embeddings is ignored, as transformers does.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const config = await readModelConfig(folder);
  const ignored = (name: string): boolean =>
    (config.tied && name === 'lm_head.weight') || name.endsWith('.rotary_emb.inv_freq');
  const found: Weights = new Map();
  for (const file of await weightFiles(folder)) {
    const { tensors } = await readSafetensors(file, { select: (name) => !ignored(name) });
    for (const [name, tensor] of tensors) {
      if (found.has(name))
        throw new ModelLoadError(
          `${file}: tensor ${name} is in another file of ${folder}, too.`,
          'Download the checkpoint again.',
        );
      found.set(name, tensor);
    }
  }
  return { config, weights: checkWeights(config, found, folder) };
}

/**
 * Writes a folder that `loadCheckpoint` and transformers load, atomically: a kill or a full disk leaves
 * what was at `folder`. StoreError when it cannot be written; ModelLoadError when the weights do not fit
 * the config or are not finite.
 */
export async function saveCheckpoint(folder: string, checkpoint: CheckpointToSave): Promise<void> {
  await writeFolderAtomically(folder, (temp) => writeCheckpointFiles(temp, checkpoint));
}

/** The files of `saveCheckpoint` into an existing folder: for a caller that adds its own and brings its own `writeFolderAtomically`. */
export async function writeCheckpointFiles(folder: string, checkpoint: CheckpointToSave): Promise<void> {
  const { config, sourceFolder, dtype = 'float32' } = checkpoint;
  const weights = checkWeights(config, checkpoint.weights, folder);
  const keys = sourceFolder === undefined ? {} : await specialTokenKeys(sourceFolder);
  await writeFile(
    join(folder, 'config.json'),
    `${JSON.stringify({ ...toHuggingFaceConfig(config, dtype), ...keys }, null, 2)}\n`,
  );
  // `format` is what transformers asks for before it opens the file.
  await writeSafetensors(join(folder, SINGLE), weights, { dtype, metadata: { format: 'pt' } });
  if (sourceFolder !== undefined) await copyTokenizerFiles(sourceFolder, folder);
}

/** The weights in the order of `decoderTensors`, or ModelLoadError: exactly its tensors, its shapes, all finite. */
export function checkWeights(config: DecoderConfig, weights: Weights, where: string): Weights {
  const ordered: Weights = new Map();
  for (const { name, shape } of decoderTensors(config)) {
    const tensor = weights.get(name);
    if (tensor === undefined) {
      throw new ModelLoadError(
        `${where}: tensor ${name} is missing; expected shape [${shape.join(', ')}].`,
        'Check that config.json belongs to these weights and that no file is missing.',
      );
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new ModelLoadError(
        `${where}: tensor ${name} has shape [${tensor.shape.join(', ')}]; expected [${shape.join(', ')}].`,
        'Check that config.json belongs to these weights.',
      );
    }
    const bad = firstNonFinite(tensor.data);
    if (bad !== -1) {
      throw new ModelLoadError(
        `${where}: tensor ${name} holds ${tensor.data[bad]} at element ${bad}; expected finite numbers.`,
        'These weights are damaged: go back to an earlier checkpoint, or download this one again.',
      );
    }
    ordered.set(name, tensor);
  }
  const extra = [...weights.keys()].find((name) => !ordered.has(name));
  if (extra !== undefined) {
    throw new ModelLoadError(
      `${where}: tensor ${extra.slice(0, 200)} is not part of a ${config.architecture} decoder with ${config.layers} layers.`,
      'Choose a plain Qwen3 or Llama checkpoint whose config.json belongs to its weights.',
    );
  }
  return ordered;
}

function firstNonFinite(data: Float32Array): number {
  // x - x is 0 for every finite x: several times faster than Number.isFinite over a billion values.
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) return i;
  return -1;
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

async function weightFiles(folder: string): Promise<string[]> {
  const path = join(folder, INDEX);
  // Where both are there, the single file wins, as in transformers.
  const json = (await exists(join(folder, SINGLE))) ? null : await readJsonIfPresent(path);
  if (json === null) return [join(folder, SINGLE)];
  const index = indexSchema.safeParse(json);
  if (!index.success)
    throw new ModelLoadError(`${path}: no \`weight_map\` of tensor names to files.`, 'Download this file again.', {
      cause: index.error,
    });
  const names = [...new Set(Object.values(index.data.weight_map))].toSorted();
  const outside = names.find((name) => basename(name) !== name || !name.endsWith('.safetensors'));
  if (outside !== undefined)
    throw new ModelLoadError(
      `${path}: shard ${JSON.stringify(outside).slice(0, 200)} is not a .safetensors file of this folder.`,
      'Download this file again.',
    );
  return names.map((name) => join(folder, name));
}

async function specialTokenKeys(sourceFolder: string): Promise<Record<string, unknown>> {
  const source = (await readJsonIfPresent(join(sourceFolder, 'config.json'))) ?? {};
  return Object.fromEntries(COPIED_KEYS.filter((key) => key in source).map((key) => [key, source[key]]));
}

/** Copies the tokenizer's files that exist in `from`. */
async function copyTokenizerFiles(from: string, to: string): Promise<void> {
  for (const name of COPIED) {
    try {
      await copyFile(join(resolve(from), name), join(to, name));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}
