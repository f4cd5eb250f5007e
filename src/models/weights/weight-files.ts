/**
 * The safetensors files of a checkpoint folder: one file, or several with an index. Reading checks the
 * headers against the decoder's shapes first; writing splits large weights into shards. The file format is in
 * `safetensors.ts`.
 */

import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { exists } from '../../files/atomic-folder.ts';
import { decoderTensors, type DecoderConfig, type Tensor, type Weights } from '../decoder-config.ts';
import type { FloatDtype } from './half.ts';
import { readJsonIfPresent } from '../../files/json-file.ts';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** Default shard size, as in transformers 4. */
const SHARD_BYTES = 5e9;

interface WeightFiles {
  /** Absolute or relative to the working directory, like the folder. */
  files: string[];
  /** Returns the file that should contain a tensor. */
  fileOf: (tensor: string) => string;
}

/**
 * Reads all tensors of a decoder as float32, in the order of `decoderTensors`. Names and shapes are checked
 * before any data is read. An `lm_head.weight` with tied embeddings and stored RoPE frequencies are ignored,
 * as in transformers.
 *
 * Throws ModelLoadError, with the file, if it is missing or broken, or if a tensor is missing, duplicated,
 * unexpected, of another shape, or contains NaN or infinity.
 */
export async function readWeights(folder: string, config: DecoderConfig): Promise<Weights> {
  const ignored = (name: string): boolean =>
    (config.tied && name === 'lm_head.weight') || name.endsWith('.rotary_emb.inv_freq');
  const { files, fileOf } = await weightFiles(folder);
  const stored = new Map<string, { file: string; shape: readonly number[] }>();
  for (const file of files) {
    for (const { name, shape } of (await readSafetensorsHeader(file)).entries) {
      if (ignored(name)) continue;
      const before = stored.get(name);
      if (before !== undefined)
        throw new ModelLoadError(
          `${file}: tensor ${name} is also in another file: ${before.file}.`,
          'Download the checkpoint again.',
        );
      stored.set(name, { file, shape });
    }
  }
  checkLayout(config, stored, (name) => stored.get(name)?.file ?? fileOf(name));
  const weights: Weights = new Map();
  for (const file of files) {
    const { tensors } = await readSafetensors(file, { select: (name) => !ignored(name) });
    for (const [name, tensor] of tensors) {
      checkFinite(name, tensor, file);
      weights.set(name, tensor);
    }
  }
  return inOrder(config, weights);
}

/**
 * Returns the weights in the order of `decoderTensors`. Throws ModelLoadError unless they are exactly its
 * tensors, with its shapes and finite.
 */
export function checkWeights(config: DecoderConfig, weights: Weights, where: string): Weights {
  checkLayout(config, weights, () => where);
  for (const [name, tensor] of weights) checkFinite(name, tensor, where);
  return inOrder(config, weights);
}

function inOrder(config: DecoderConfig, weights: Weights): Weights {
  return new Map(
    decoderTensors(config).flatMap(({ name }) => {
      const tensor = weights.get(name);
      return tensor === undefined ? [] : [[name, tensor]];
    }),
  );
}

function checkLayout(
  config: DecoderConfig,
  stored: ReadonlyMap<string, { shape: readonly number[] }>,
  whereIs: (name: string) => string,
): void {
  const expected = new Set<string>();
  for (const { name, shape } of decoderTensors(config)) {
    expected.add(name);
    const found = stored.get(name);
    if (found === undefined) {
      throw new ModelLoadError(
        `${whereIs(name)}: tensor ${name} is missing; expected shape [${shape.join(', ')}].`,
        'Check that config.json belongs to these weights and that no file is missing.',
      );
    }
    if (found.shape.join() !== shape.join()) {
      throw new ModelLoadError(
        `${whereIs(name)}: tensor ${name} has shape [${found.shape.join(', ')}]; expected [${shape.join(', ')}].`,
        'Check that config.json belongs to these weights.',
      );
    }
  }
  const extra = [...stored.keys()].find((name) => !expected.has(name));
  if (extra !== undefined) {
    throw new ModelLoadError(
      `${whereIs(extra)}: tensor ${extra.slice(0, 200)} is not part of a ${config.architecture} decoder with ${config.layers} layers.`,
      'Use a plain Qwen3, Qwen2 or Llama checkpoint whose config.json belongs to its weights.',
    );
  }
}

export function checkFinite(name: string, { data }: Tensor, where: string): void {
  const bad = firstNonFinite(data);
  if (bad === -1) return;
  throw new ModelLoadError(
    `${where}: tensor ${name} holds ${data[bad]} at element ${bad}; expected finite numbers.`,
    'These weights are damaged: use an earlier checkpoint, or download this one again.',
  );
}

function firstNonFinite(data: Float32Array): number {
  // x - x is 0 for every finite x. This is several times faster than Number.isFinite over a billion values.
  for (let i = 0; i < data.length; i++) if (data[i] - data[i] !== 0) return i;
  return -1;
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

async function weightFiles(folder: string): Promise<WeightFiles> {
  const path = join(folder, INDEX);
  const single = join(folder, SINGLE);
  // If both exist, the single file is used, as in transformers.
  const json = (await exists(single)) ? null : await readJsonIfPresent(path);
  if (json === null) return { files: [single], fileOf: () => single };
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
  return { files: names.map((name) => join(folder, name)), fileOf: (tensor) => join(folder, map.get(tensor) ?? INDEX) };
}

/**
 * Writes weights into an existing folder: one file, or shards of at most `shardBytes` with their index. A
 * larger tensor gets its own shard.
 */
export async function writeWeights(
  folder: string,
  weights: Weights,
  dtype: FloatDtype,
  shardBytes = SHARD_BYTES,
): Promise<void> {
  // transformers checks `format` before it opens the file.
  const options = { dtype, metadata: { format: 'pt' } };
  const width = dtype === 'float32' ? 4 : 2;
  const shards = intoShards(weights, shardBytes / width);
  if (shards.length === 1) return writeSafetensors(join(folder, SINGLE), weights, options);
  const map: [string, string][] = [];
  for (const [at, shard] of shards.entries()) {
    const name = `model-${numbered(at + 1)}-of-${numbered(shards.length)}.safetensors`;
    await writeSafetensors(join(folder, name), shard, options);
    for (const [tensor] of shard) map.push([tensor, name]);
  }
  const size = [...weights.values()].reduce((sum, { data }) => sum + data.length * width, 0);
  const index = { metadata: { total_size: size }, weight_map: Object.fromEntries(map) };
  await writeFile(join(folder, INDEX), `${JSON.stringify(index, null, 2)}\n`);
}

/** Groups consecutive tensors into shards of at most `limit` elements, unless a single tensor is larger. */
function intoShards(weights: Weights, limit: number): [string, Tensor][][] {
  const shards: [string, Tensor][][] = [];
  let size = Infinity;
  for (const entry of weights) {
    const { length } = entry[1].data;
    if (size + length > limit) {
      shards.push([]);
      size = 0;
    }
    shards[shards.length - 1].push(entry);
    size += length;
  }
  return shards;
}

function numbered(shard: number): string {
  return String(shard).padStart(5, '0');
}
