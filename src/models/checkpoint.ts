/**
 * START HERE for models. Loads a checkpoint, fully validated, and saves it atomically. A checkpoint is a
 * Hugging Face folder: config.json, weights as safetensors (one file or shards), tokenizer files. Running a
 * model is `engine/local`.
 *
 * Next: `hub/obtain-model.ts` (where a folder comes from), `decoder-config.ts` (the decoder),
 * `weights/weight-files.ts` (its tensors on disk), `adapters/adapter.ts` (LoRA), `tokenizer/tokenizer.ts`
 * (text).
 */

import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Adapter, mergeAdapter } from './adapters/adapter.ts';
import { placeOfModel, publicName, textFolders } from './adapters/adapter-base.ts';
import { readAdapter, writeAdapterFiles } from './adapters/adapter-folder.ts';
import { portableBasePin, writeBasePin } from './adapters/base-pin.ts';
import { ModelLoadError } from '../errors.ts';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './arch/index.ts';
import { writeFolderAtomically } from '../files/atomic-folder.ts';
import { copyContent } from '../files/copy-content.ts';
import type { DecoderConfig, Weights } from './decoder-config.ts';
import type { FloatDtype } from './weights/half.ts';
import { readJson, readJsonIfPresent } from '../files/json-file.ts';
import { hasOwnOutput } from './weights/find-weights.ts';
import { checkWeights, readWeights, writeWeights } from './weights/weight-files.ts';

export interface Checkpoint {
  config: DecoderConfig;
  /** Float32, in the order of `decoderTensors(config)`. */
  weights: Weights;
}

export interface CheckpointToSave extends Checkpoint {
  /** Folder from which tokenizer files, and special tokens in config.json, are copied. */
  sourceFolder?: string;
  /** Default `float32`. */
  dtype?: FloatDtype;
  /** Larger weights are split into several files. Default 5 GB. */
  shardBytes?: number;
}

const GENERATION = 'generation_config.json';
const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'special_tokens_map.json'];
const COPIED_KEYS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/**
 * Reads only the decoder's config; for an adapter, its base's. A config that says that embedding and output matrix
 * are tied is corrected if the folder holds two different ones, as transformers does with a warning. Throws ModelLoadError if it is missing,
 * malformed or of an unsupported family.
 */
export async function readModelConfig(folder: string): Promise<DecoderConfig> {
  const { base } = await placeOfModel(folder);
  const file = join(base, 'config.json');
  const config = fromHuggingFaceConfig(await readJson(file, "a decoder's config"), file);
  return config.tied && (await hasOwnOutput(base)) ? { ...config, tied: false } : config;
}

/**
 * Loads config and weights (as float32) of a folder. For an adapter's folder, the adapter is merged into its
 * base. Throws ModelLoadError, with file and tensor, if a file is missing or broken, or a tensor is missing,
 * unexpected, of the wrong shape, or contains NaN or infinity.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const { base, adapter } = await placeOfModel(folder);
  const config = await readModelConfig(base);
  const found = adapter === null ? null : await readAdapter(folder, adapter, config);
  const weights = await readWeights(base, config);
  if (found !== null) mergeAdapter(config, weights, found);
  return { config, weights };
}

/**
 * Writes a folder that `loadCheckpoint` and transformers can load. Atomic: after a kill or a full disk, the
 * previous contents of `folder` are intact. Throws StoreError if it cannot be written, and ModelLoadError if
 * the weights do not fit the config or are not finite.
 */
export async function saveCheckpoint(folder: string, checkpoint: CheckpointToSave): Promise<void> {
  await writeFolderAtomically(folder, (temp) => writeCheckpointFiles(temp, checkpoint));
}

/**
 * Writes the adapter in `from` to its own folder, atomically, with its tokenizer files. PEFT loads it on top
 * of its base, which has its hub name if it came from the hub. Throws ModelLoadError if `from` has no
 * adapter.
 */
export async function saveAdapter(folder: string, from: string, dtype: FloatDtype = 'float32'): Promise<Adapter> {
  const found = await adapterIn(from);
  await writeFolderAtomically(folder, (temp) => writeAdapter(temp, from, found, dtype));
  return found;
}

/** Loads the adapter in a folder. Throws ModelLoadError if it has none. */
export async function adapterIn(folder: string): Promise<Adapter> {
  const { base, adapter } = await placeOfModel(folder);
  if (adapter !== null) return readAdapter(folder, adapter, await readModelConfig(base));
  throw new ModelLoadError(
    `${folder} is a full model and contains no adapter.`,
    'Export it without --adapter; adapters are created by training with adapt.method=lora.',
  );
}

/** Writes the files of `saveAdapter` into an existing folder. `found` is the adapter in `from`. */
export async function writeAdapter(folder: string, from: string, found: Adapter, dtype: FloatDtype): Promise<void> {
  const { base, basePin } = await placeOfModel(from);
  await writeAdapterFiles(folder, found, { base: publicName(base), dtype });
  if (basePin !== null) await writeBasePin(folder, portableBasePin(basePin));
  await copyTokenizerFiles(from, folder);
}

/**
 * Writes the files of `saveCheckpoint` into an existing folder, for callers that add files and use their own
 * `writeFolderAtomically`.
 */
export async function writeCheckpointFiles(folder: string, checkpoint: CheckpointToSave): Promise<void> {
  const { config, sourceFolder, dtype = 'float32', shardBytes } = checkpoint;
  const weights = checkWeights(config, checkpoint.weights, folder);
  const keys = sourceFolder === undefined ? {} : await specialTokenKeys(sourceFolder);
  await writeFile(
    join(folder, 'config.json'),
    `${JSON.stringify({ ...toHuggingFaceConfig(config, dtype), ...keys }, null, 2)}\n`,
  );
  await writeWeights(folder, weights, dtype, shardBytes);
  if (sourceFolder !== undefined) await copyTokenizerFiles(sourceFolder, folder);
}

async function specialTokenKeys(sourceFolder: string): Promise<Record<string, unknown>> {
  const { config } = textFolders(await placeOfModel(sourceFolder));
  const source = (await readJsonIfPresent(join(config, 'config.json'))) ?? {};
  return Object.fromEntries(COPIED_KEYS.filter((key) => key in source).map((key) => [key, source[key]]));
}

/** Copies the tokenizer files of the model in `from`. */
export async function copyTokenizerFiles(from: string, to: string): Promise<void> {
  const folders = textFolders(await placeOfModel(from));
  const paths = [join(folders.generation, GENERATION), ...TOKENIZER.map((name) => join(folders.tokenizer, name))];
  for (const path of paths) {
    try {
      await copyContent(path, join(to, basename(path)));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}
