/** Errors of weights: safetensors files, shards and tensors. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadCheckpoint } from '../../../src/models/checkpoint.ts';
import type { Tensor, Weights } from '../../../src/models/decoder-config.ts';
import { readSafetensors, sameTensors, writeSafetensors } from '../../../src/models/weights/safetensors.ts';
import { writeWeights } from '../../../src/models/weights/weight-files.ts';
import { type RandomCheckpointOptions, writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import type { AdviceCase } from '../followed.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const NORM = 'model.norm.weight';

/** Writes a checkpoint, as a download would. */
function download(place: string, options: RandomCheckpointOptions = {}): Promise<unknown> {
  return writeRandomCheckpoint(place, options);
}

/** Provokes an error by spoiling a good checkpoint. */
function spoilt(spoil: (place: string) => unknown, options?: RandomCheckpointOptions) {
  return async (place: string): Promise<void> => {
    await download(place, options);
    await spoil(place);
    await loadCheckpoint(place);
  };
}

/** Downloads the checkpoint again. */
async function again(place: string): Promise<void> {
  rmSync(join(place, INDEX), { force: true });
  await download(place);
  await loadCheckpoint(place);
}

async function edit(place: string, change: (weights: Weights) => void): Promise<void> {
  const { tensors } = await readSafetensors(join(place, SINGLE));
  change(tensors);
  await writeSafetensors(join(place, SINGLE), tensors);
}

function configure(place: string, keys: object): void {
  const path = join(place, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, ...keys }));
}

/** Splits the weights into shards; returns their names. */
async function shard(place: string): Promise<string[]> {
  const { tensors } = await readSafetensors(join(place, SINGLE));
  rmSync(join(place, SINGLE));
  await writeWeights(place, tensors, 'float32', 20_000);
  const index = JSON.parse(readFileSync(join(place, INDEX), 'utf8')) as { weight_map: Record<string, string> };
  return [...new Set(Object.values(index.weight_map))];
}

async function indexed(place: string, change: (map: Record<string, string>) => object): Promise<void> {
  await shard(place);
  const index = JSON.parse(readFileSync(join(place, INDEX), 'utf8')) as { weight_map: Record<string, string> };
  writeFileSync(join(place, INDEX), JSON.stringify(change(index.weight_map)));
}

/** Writes a safetensors file with any header. */
function writeHeader(path: string, header: object, data: Uint8Array): void {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, data]));
}

const vector = (length: number, value = 0): Tensor => ({
  shape: [length],
  data: new Float32Array(length).fill(value),
});

export const CASES: AdviceCase[] = [
  {
    file: 'models/weights/find-weights.ts',
    message: '…: no `weight_map` of tensor names to files.',
    advice: 'Download this file again.',
    provoke: spoilt((place) => indexed(place, () => ({}))),
    follow: again,
  },
  {
    file: 'models/weights/find-weights.ts',
    message: '…: shard … is not a .safetensors file of this folder.',
    advice: 'Download this file again.',
    provoke: spoilt((place) => indexed(place, (map) => ({ weight_map: { ...map, [NORM]: '../other.safetensors' } }))),
    follow: again,
  },
  {
    file: 'models/weights/find-weights.ts',
    message: '… names … files, of which … … missing: …….',
    advice: 'Download the missing files into the folder.',
    provoke: spoilt(async (place) => {
      const [first] = await shard(place);
      mkdirSync(join(place, 'aside'));
      renameSync(join(place, first), join(place, 'aside', first));
    }),
    follow: async (place, { message }) => {
      const name = /missing: (\S+\.safetensors)/.exec(message)?.[1] ?? '';
      renameSync(join(place, 'aside', name), join(place, name));
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/find-weights.ts',
    message: '… has … (…); ….',
    advice: /^Convert them once with transformers: .* or use a repository that has model\.safetensors\.$/,
    provoke: spoilt((place) => renameSync(join(place, SINGLE), join(place, 'pytorch_model.bin'))),
    follow: again,
  },
  {
    file: 'models/weights/find-weights.ts',
    message: '… is missing; ….',
    advice: 'Download the weights into the folder.',
    provoke: spoilt((place) => rmSync(join(place, SINGLE))),
    follow: again,
  },
  {
    file: 'models/weights/find-weights.ts',
    message: '… has …; ….',
    advice: 'Rename a single file to model.safetensors; for shards, download their index.',
    provoke: spoilt((place) => renameSync(join(place, SINGLE), join(place, 'weights.safetensors'))),
    follow: async (place) => {
      renameSync(join(place, 'weights.safetensors'), join(place, SINGLE));
      await loadCheckpoint(place);
      await shard(place);
      renameSync(join(place, INDEX), join(place, 'index.json'));
      await expect(loadCheckpoint(place)).rejects.toThrow('for shards, download their index');
      renameSync(join(place, 'index.json'), join(place, INDEX));
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/safetensors-header.ts',
    message: '…: tensor … has dtype …; expected one of ….',
    advice: 'Use an unquantised checkpoint, or convert this one to BF16 first.',
    provoke: spoilt((place) =>
      writeHeader(
        join(place, SINGLE),
        { [NORM]: { dtype: 'I8', shape: [2], data_offsets: [0, 2] } },
        new Uint8Array(2),
      ),
    ),
    follow: async (place) => {
      await download(place, { dtype: 'bfloat16' });
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/safetensors-header.ts',
    message: '…: found …; expected ….',
    advice: 'Download or write this safetensors file again.',
    provoke: spoilt((place) =>
      writeFileSync(join(place, SINGLE), readFileSync(join(place, SINGLE)).subarray(0, 20_000)),
    ),
    follow: again,
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '… cannot be opened (…); expected a safetensors file.',
    advice: 'Check the path, or download the checkpoint again.',
    provoke: (place) => readSafetensors(join(place, SINGLE)),
    follow: again,
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '… is not a file; expected a safetensors file.',
    advice: 'Check the path.',
    provoke: async (place) => {
      await download(place);
      await readSafetensors(place);
    },
    follow: (place) => readSafetensors(join(place, SINGLE)),
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '… holds …; expected a safetensors file.',
    advice: 'Run `git lfs install` and `git lfs pull` in the repository of this file, or download the file itself.',
    provoke: spoilt((place) =>
      writeFileSync(join(place, SINGLE), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
    ),
    follow: again,
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '…: tensor … is missing.',
    advice: 'Download the checkpoint again.',
    provoke: async (place) => {
      await download(place);
      await edit(place, (weights) => weights.delete(NORM));
      const tensor = { file: join(place, SINGLE), name: NORM };
      await sameTensors(tensor, tensor);
    },
    follow: async (place) => {
      await download(place);
      const tensor = { file: join(place, SINGLE), name: NORM };
      expect(await sameTensors(tensor, tensor)).toBe(true);
    },
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '…: tensor … of shape […] has … values or a duplicate name.',
    advice: 'Give each tensor a unique name and as many values as its shape has.',
    provoke: (place) =>
      writeSafetensors(join(place, SINGLE), [
        ['a', vector(2)],
        ['a', vector(2)],
      ]),
    follow: (place) =>
      writeSafetensors(join(place, SINGLE), [
        ['a', vector(2)],
        ['b', vector(2)],
      ]),
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '…: the header would have … bytes.',
    advice: 'Write fewer tensors into one file.',
    provoke: (place) => writeSafetensors(join(place, SINGLE), longNames(11)),
    follow: (place) => writeSafetensors(join(place, SINGLE), longNames(1)),
  },
  {
    file: 'models/weights/safetensors.ts',
    message: '… holds … at element …, which is beyond the largest … number.',
    advice: 'Write float32 or bfloat16 instead.',
    provoke: (place) => writeSafetensors(join(place, SINGLE), [['a', vector(2, 1e6)]], { dtype: 'float16' }),
    follow: async (place) => {
      for (const dtype of ['float32', 'bfloat16'] as const)
        await writeSafetensors(join(place, SINGLE), [['a', vector(2, 1e6)]], { dtype });
    },
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … is also in another file: ….',
    advice: 'Download the checkpoint again.',
    provoke: spoilt(async (place) => {
      const names = await shard(place);
      const { tensors } = await readSafetensors(join(place, names[0]));
      const last = await readSafetensors(join(place, names[names.length - 1]));
      await writeSafetensors(join(place, names[names.length - 1]), [...last.tensors, ...tensors]);
    }),
    follow: again,
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … is missing; expected shape […].',
    advice: /^Set tie_word_embeddings to true in config\.json if the output matrix is the embedding; otherwise/,
    provoke: spoilt((place) => configure(place, { tie_word_embeddings: false })),
    follow: async (place) => {
      configure(place, { tie_word_embeddings: true });
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … is missing; expected shape […].',
    advice: 'Check that config.json belongs to these weights and that no file is missing.',
    provoke: spoilt((place) => configure(place, { num_hidden_layers: 3 })),
    follow: async (place) => {
      configure(place, { num_hidden_layers: 2 });
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … has shape […]; expected […].',
    advice: 'Check that config.json belongs to these weights.',
    provoke: spoilt((place) => configure(place, { intermediate_size: 128 })),
    follow: async (place) => {
      configure(place, { intermediate_size: 64 });
      await loadCheckpoint(place);
    },
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … is not part of a … decoder with … layers.',
    advice: 'Use a plain Qwen3, Qwen2 or Llama checkpoint whose config.json belongs to its weights.',
    provoke: spoilt((place) => configure(place, { num_hidden_layers: 1 })),
    follow: again,
  },
  {
    file: 'models/weights/weight-files.ts',
    message: '…: tensor … holds … at element …; expected finite numbers.',
    advice: 'These weights are damaged: use an earlier checkpoint, or download this one again.',
    provoke: spoilt(() => undefined, { nan: true }),
    follow: again,
  },
];

/** Tensors without values whose names fill a header. */
function longNames(count: number): [string, Tensor][] {
  return Array.from({ length: count }, (_, at) => [`${at}-`.padEnd(9_500_000, 'x'), vector(0)]);
}
