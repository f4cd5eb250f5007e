/**
 * The safetensors files of a checkpoint folder: one file, or several with an index. Reading checks the
 * headers against the decoder's shapes first; writing splits large weights into shards. The file format is in
 * `safetensors.ts`.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelLoadError } from '../../errors.ts';
import { decoderTensors, type DecoderConfig, type Tensor, type Weights } from '../decoder-config.ts';
import type { FloatDtype } from './half.ts';
import { EMBEDDING, findWeights, INDEX, OUTPUT, SINGLE } from './find-weights.ts';
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from './safetensors.ts';

/** Default shard size, as in transformers 4. */
const SHARD_BYTES = 5e9;

/**
 * Reads all tensors of a decoder as float32, in the order of `decoderTensors`. Names and shapes are checked
 * before any data is read. As in transformers, stored RoPE frequencies are ignored, and of tied weights either
 * the embedding or the output matrix may be stored, or both.
 *
 * Throws ModelLoadError, with the file, if it is missing or broken, or if a tensor is missing, duplicated,
 * unexpected, of another shape, or contains NaN or infinity.
 */
export async function readWeights(folder: string, config: DecoderConfig): Promise<Weights> {
  const { files, fileOf } = await findWeights(folder);
  const stored = new Map<string, { file: string; shape: readonly number[] }>();
  for (const file of files) {
    for (const { name, shape } of (await readSafetensorsHeader(file)).entries) {
      if (name.endsWith('.rotary_emb.inv_freq')) continue;
      const before = stored.get(name);
      if (before !== undefined)
        throw new ModelLoadError(
          `${file}: tensor ${name} is also in another file: ${before.file}.`,
          'Download the checkpoint again.',
        );
      stored.set(name, { file, shape });
    }
  }
  const nameOf = new Map([...stored.keys()].map((name) => [name, name]));
  if (config.tied) tie(stored, nameOf);
  checkLayout(config, stored, (name) => stored.get(name)?.file ?? fileOf(name));
  const weights: Weights = new Map();
  for (const file of files) {
    const { tensors } = await readSafetensors(file, { select: (name) => nameOf.has(name) });
    for (const [name, tensor] of tensors) {
      checkFinite(name, tensor, file);
      weights.set(nameOf.get(name) ?? name, tensor);
    }
  }
  return inOrder(config, weights);
}

/** Reduces a stored pair of equal matrices to the embedding, and takes a lone output matrix for it. */
function tie<T>(stored: Map<string, T>, nameOf: Map<string, string>): void {
  const output = stored.get(OUTPUT);
  if (output === undefined) return;
  stored.delete(OUTPUT);
  if (stored.has(EMBEDDING)) {
    nameOf.delete(OUTPUT);
    return;
  }
  stored.set(EMBEDDING, output);
  nameOf.set(OUTPUT, EMBEDDING);
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
        name === OUTPUT
          ? 'Set tie_word_embeddings to true in config.json if the output matrix is the embedding; otherwise a file is missing.'
          : 'Check that config.json belongs to these weights and that no file is missing.',
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
