/**
 * Finds the safetensors files of a checkpoint folder: one file, or the shards that an index names. Says what a folder
 * has instead, if they are missing. `weight-files.ts` reads the tensors.
 */

import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { exists } from '../../files/atomic-folder.ts';
import { readJsonIfPresent } from '../../files/json-file.ts';
import { readSafetensorsHeader, sameTensors } from './safetensors.ts';

export const SINGLE = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

export const EMBEDDING = 'model.embed_tokens.weight';
export const OUTPUT = 'lm_head.weight';

export interface WeightFiles {
  /** Absolute or relative to the working directory, like the folder. */
  files: string[];
  /** Returns the file that should contain a tensor. */
  fileOf: (tensor: string) => string;
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * Finds the files. If both a single file and an index exist, the single file is used, as in transformers. Throws
 * ModelLoadError if there is neither, or a shard is missing or outside the folder.
 */
export async function findWeights(folder: string): Promise<WeightFiles> {
  const path = join(folder, INDEX);
  const single = join(folder, SINGLE);
  if (await exists(single)) return { files: [single], fileOf: () => single };
  const json = await readJsonIfPresent(path);
  if (json === null) throw await withoutWeights(folder);
  const index = indexSchema.safeParse(json);
  if (!index.success)
    throw new ModelLoadError(`${path}: no \`weight_map\` of tensor names to files.`, 'Download this file again.', {
      cause: index.error,
    });
  const map = new Map(Object.entries(index.data.weight_map));
  const names = [...new Set(map.values())].toSorted();
  const outside = names.find((name) => basename(name) !== name || !name.endsWith('.safetensors'));
  if (outside !== undefined)
    throw new ModelLoadError(
      `${path}: shard ${JSON.stringify(outside).slice(0, 200)} is not a .safetensors file of this folder.`,
      'Download this file again.',
    );
  await checkPresent(path, folder, names);
  return { files: names.map((name) => join(folder, name)), fileOf: (tensor) => join(folder, map.get(tensor) ?? INDEX) };
}

async function checkPresent(path: string, folder: string, names: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await exists(join(folder, name)))) missing.push(name);
  if (missing.length === 0) return;
  throw new ModelLoadError(
    `${path} names ${names.length} files, of which ${missing.length} ${missing.length === 1 ? 'is' : 'are'} missing: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', …' : ''}.`,
    'Download the missing files into the folder.',
  );
}

/** Weights in other formats, and what can be done about each. */
const OTHER_FORMATS: readonly { pattern: RegExp; what: string; advice: string }[] = [
  {
    pattern: /^pytorch_model.*\.bin(?:\.index\.json)?$|\.(?:pt|pth|ckpt)$/,
    what: "weights in PyTorch's format",
    advice:
      'Convert them once with transformers: AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(OUT), or use a repository that has model.safetensors.',
  },
  {
    pattern: /\.gguf$/,
    what: 'GGUF weights',
    advice: 'Use the safetensors checkpoint that they were made from.',
  },
  {
    pattern: /\.(?:h5|msgpack|onnx)$/,
    what: 'weights for other programs',
    advice: 'Use a repository that has model.safetensors.',
  },
];

async function withoutWeights(folder: string): Promise<ModelLoadError> {
  const names = await readdir(folder).catch((): string[] => []);
  const expected = `expected ${SINGLE}, or shards with ${INDEX}`;
  for (const { pattern, what, advice } of OTHER_FORMATS) {
    const found = names.find((name) => pattern.test(name));
    if (found !== undefined) return new ModelLoadError(`${folder} has ${what} (${found}); ${expected}.`, advice);
  }
  const shard = names.find((name) => name.endsWith('.safetensors'));
  return shard === undefined
    ? new ModelLoadError(`${join(folder, SINGLE)} is missing; ${expected}.`, 'Download the weights into the folder.')
    : new ModelLoadError(
        `${folder} has ${shard}; ${expected}.`,
        shard === 'adapter_model.safetensors'
          ? 'Add its adapter_config.json, or pass the base model.'
          : `Rename a single file to ${SINGLE}; for shards, download their index.`,
      );
}

/**
 * Returns whether the folder has an embedding and an output matrix that differ. transformers computes with both
 * then, even if the config says that they are tied. False if the weights are not (yet) in the folder.
 */
export async function hasOwnOutput(folder: string): Promise<boolean> {
  if (!(await exists(join(folder, SINGLE))) && !(await exists(join(folder, INDEX)))) return false;
  const at = new Map<string, string>();
  for (const file of (await findWeights(folder)).files) {
    for (const { name } of (await readSafetensorsHeader(file)).entries) at.set(name, file);
  }
  const [embedding, output] = [at.get(EMBEDDING), at.get(OUTPUT)];
  if (embedding === undefined || output === undefined) return false;
  return !(await sameTensors({ file: embedding, name: EMBEDDING }, { file: output, name: OUTPUT }));
}
