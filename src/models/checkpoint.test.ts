import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeRandomCheckpoint } from '../../test/fixtures/random-checkpoint.ts';
import { ModelLoadError } from '../errors.ts';
import { readJson } from '../files/json-file.ts';
import { loadCheckpoint, readModelConfig, saveCheckpoint } from './checkpoint.ts';
import { decoderTensors, type Tensor, type Weights } from './decoder-config.ts';
import { randomWeights } from './init.ts';
import { readSafetensors, writeSafetensors } from './weights/safetensors.ts';

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-checkpoint-'));
  folder = join(root, 'model');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const weightsFile = (): string => join(folder, 'model.safetensors');

/** Rewrites the folder's weights. */
async function change(edit: (weights: Weights) => void): Promise<void> {
  const { tensors } = await readSafetensors(weightsFile());
  edit(tensors);
  await writeSafetensors(weightsFile(), tensors);
}

async function changeConfig(keys: Record<string, unknown>): Promise<void> {
  const path = join(folder, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...config, ...keys }));
}

/** Splits the folder's weights into two shards with an index. */
async function shard(): Promise<void> {
  const { tensors } = await readSafetensors(weightsFile());
  const halves = [[...tensors].slice(0, 5), [...tensors].slice(5)];
  const map: Record<string, string> = {};
  for (const [at, half] of halves.entries()) {
    const name = `model-0000${at + 1}-of-00002.safetensors`;
    await writeSafetensors(join(folder, name), half);
    for (const [tensor] of half) map[tensor] = name;
  }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  await rm(weightsFile());
}

async function expectRefusal(message: RegExp): Promise<void> {
  const error = await loadCheckpoint(folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ModelLoadError);
  expect(String(error)).toMatch(message);
}

describe.each(['qwen3', 'qwen2', 'llama'] as const)('%s', (architecture) => {
  test.each([true, false])('saves and loads the same bits in the order of decoderTensors, tied %s', async (tied) => {
    const source = await writeRandomCheckpoint(folder, { architecture, tied });
    const weights = randomWeights(source, 7);
    await saveCheckpoint(join(root, 'a'), { config: source, weights });
    const loaded = await loadCheckpoint(join(root, 'a'));
    expect(loaded.config).toEqual(source);
    expect([...loaded.weights.keys()]).toEqual(decoderTensors(source).map(({ name }) => name));
    expect(loaded.weights).toEqual(weights);
  });
});

test.each(['bfloat16', 'float16'] as const)(
  'loads a %s folder, and saves it again with the same bytes',
  async (dtype) => {
    await writeRandomCheckpoint(folder, { dtype });
    const { config, weights } = await loadCheckpoint(folder);
    await saveCheckpoint(join(root, 'copy'), { config, weights, dtype });
    expect((await readFile(join(root, 'copy', 'model.safetensors'))).equals(await readFile(weightsFile()))).toBe(true);
  },
);

test('copies tokenizer files and special token ids with the weights', async () => {
  await writeRandomCheckpoint(folder);
  await writeFile(join(folder, 'chat_template.jinja'), '{{ messages }}');
  await writeFile(join(folder, 'notes.txt'), 'stays behind');
  await saveCheckpoint(join(root, 'copy'), { ...(await loadCheckpoint(folder)), sourceFolder: folder });
  expect((await readdir(join(root, 'copy'))).toSorted()).toEqual([
    'chat_template.jinja',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  for (const name of ['tokenizer.json', 'config.json']) {
    expect(JSON.parse(await readFile(join(root, 'copy', name), 'utf8'))).toEqual(
      JSON.parse(await readFile(join(folder, name), 'utf8')),
    );
  }
});

test('saves a folder over itself', async () => {
  await writeRandomCheckpoint(folder);
  const checkpoint = await loadCheckpoint(folder);
  checkpoint.weights.get('model.norm.weight')?.data.fill(2);
  await saveCheckpoint(folder, { ...checkpoint, sourceFolder: folder });
  expect((await loadCheckpoint(folder)).weights.get('model.norm.weight')?.data[0]).toBe(2);
  expect(await readdir(folder)).toContain('tokenizer.json');
});

test('rejects weights that are not finite, and keeps the existing files', async () => {
  await writeRandomCheckpoint(folder);
  const { config, weights } = await loadCheckpoint(folder);
  const before = await readFile(weightsFile());
  weights.get('model.norm.weight')?.data.fill(Infinity, 5, 6);
  await expect(saveCheckpoint(folder, { config, weights })).rejects.toThrow(
    /model\.norm\.weight holds Infinity at element 5/,
  );
  expect((await readFile(weightsFile())).equals(before)).toBe(true);
  expect(await readdir(root)).toEqual(['model']);
});

test('rejects a value beyond float16, with the tensor', async () => {
  await writeRandomCheckpoint(folder);
  const { config, weights } = await loadCheckpoint(folder);
  weights.get('model.norm.weight')?.data.fill(65_520, 5, 6);
  await expect(saveCheckpoint(join(root, 'copy'), { config, weights, dtype: 'float16' })).rejects.toThrow(
    /model\.norm\.weight holds 65520 at element 5, which is beyond the largest F16 number/,
  );
});

test('writes large weights as shards that load as a whole, with a tensor above the limit in its own shard', async () => {
  await writeRandomCheckpoint(folder);
  const whole = await loadCheckpoint(folder);
  await saveCheckpoint(join(root, 'copy'), { ...whole, sourceFolder: folder, shardBytes: 20_000 });
  const names = (await readdir(join(root, 'copy'))).filter((name) => name.startsWith('model'));
  expect(names.length).toBeGreaterThan(3);
  const total = names.length - 1;
  expect(names[0]).toBe(`model-00001-of-0000${total}.safetensors`);
  const { tensors } = await readSafetensors(join(root, 'copy', names[0]));
  expect([...tensors.keys()]).toEqual(['model.embed_tokens.weight']);
  expect(await loadCheckpoint(join(root, 'copy'))).toEqual(whole);
});

test('joins shards', async () => {
  await writeRandomCheckpoint(folder);
  const whole = await loadCheckpoint(folder);
  await shard();
  expect(await loadCheckpoint(folder)).toEqual(whole);
});

test('ignores stored RoPE frequencies', async () => {
  const config = await writeRandomCheckpoint(folder, { tied: true });
  await change((weights) => {
    weights.set('model.layers.0.self_attn.rotary_emb.inv_freq', { shape: [1], data: new Float32Array(1) });
  });
  expect([...(await loadCheckpoint(folder)).weights.keys()]).toEqual(decoderTensors(config).map(({ name }) => name));
});

describe('a config that ties the output matrix to the embedding', () => {
  const EMBEDDING = 'model.embed_tokens.weight';
  const OUTPUT = 'lm_head.weight';
  const embeddingOf = (weights: Weights): Tensor => weights.get(EMBEDDING) ?? { shape: [], data: new Float32Array() };

  test('reads one of two equal matrices', async () => {
    const config = await writeRandomCheckpoint(folder, { tied: true });
    const { weights: before } = await loadCheckpoint(folder);
    await change((weights) => weights.set(OUTPUT, embeddingOf(weights)));
    const { config: read, weights } = await loadCheckpoint(folder);
    expect(read).toEqual(config);
    expect([...weights]).toEqual([...before]);
  });

  test('reads a lone output matrix as the embedding', async () => {
    const config = await writeRandomCheckpoint(folder, { tied: true });
    const { weights: before } = await loadCheckpoint(folder);
    await change((weights) => {
      weights.set(OUTPUT, embeddingOf(weights));
      weights.delete(EMBEDDING);
    });
    const { config: read, weights } = await loadCheckpoint(folder);
    expect(read).toEqual(config);
    expect([...weights]).toEqual([...before]);
  });

  test('keeps two different matrices, everywhere and when it is saved', async () => {
    const config = await writeRandomCheckpoint(folder, { tied: true });
    await change((weights) => {
      const data = embeddingOf(weights).data.slice();
      data[data.length - 1] += 1;
      weights.set(OUTPUT, { shape: embeddingOf(weights).shape, data });
    });
    const untied = { ...config, tied: false };
    expect(await readModelConfig(folder)).toEqual(untied);
    const checkpoint = await loadCheckpoint(folder);
    expect(checkpoint.config).toEqual(untied);
    expect([...checkpoint.weights.keys()]).toEqual(decoderTensors(untied).map(({ name }) => name));
    const saved = `${folder}-saved`;
    await saveCheckpoint(saved, { ...checkpoint, sourceFolder: folder });
    expect(await loadCheckpoint(saved)).toEqual(checkpoint);
    expect(await readJson(join(saved, 'config.json'), 'a config')).toMatchObject({ tie_word_embeddings: false });
    await rm(saved, { recursive: true });
  });

  test('refuses an output matrix of another shape', async () => {
    await writeRandomCheckpoint(folder, { tied: true });
    await change((weights) => weights.set(OUTPUT, { shape: [1], data: new Float32Array(1) }));
    await expectRefusal(/lm_head\.weight has shape \[1\]; expected \[272, 32\]/);
  });

  test('is believed while the weights are not downloaded', async () => {
    const config = await writeRandomCheckpoint(folder, { tied: true });
    await rm(weightsFile());
    expect(await readModelConfig(folder)).toEqual(config);
  });
});

describe('a broken folder is rejected', () => {
  beforeEach(async () => {
    await writeRandomCheckpoint(folder, { tied: false });
  });

  test('no folder at all', async () => {
    await rm(folder, { recursive: true });
    await expectRefusal(/config\.json is missing/);
  });

  test('config.json is not JSON', async () => {
    await writeFile(join(folder, 'config.json'), '{"a":');
    await expect(readModelConfig(folder)).rejects.toThrow(/config\.json does not hold a JSON object/);
  });

  test('an unknown architecture', async () => {
    await changeConfig({ architectures: ['MambaForCausalLM'] });
    await expectRefusal(/MambaForCausalLM[^]*Qwen3ForCausalLM, Qwen2ForCausalLM, LlamaForCausalLM/);
  });

  test('no weights', async () => {
    await rm(weightsFile());
    await expectRefusal(/model\.safetensors is missing; expected model\.safetensors, or shards with/);
  });

  test.each([
    ['pytorch_model.bin', /has weights in PyTorch's format \(pytorch_model\.bin\)[^]*save_pretrained/],
    ['consolidated.00.pth', /has weights in PyTorch's format/],
    ['model-q4.gguf', /has GGUF weights \(model-q4\.gguf\)/],
    ['model.fp16.safetensors', /has model\.fp16\.safetensors; expected[^]*Rename a single file/],
    ['adapter_model.safetensors', /has adapter_model\.safetensors; expected[^]*adapter_config\.json/],
  ])('weights in another file: %s', async (name, message) => {
    await rename(weightsFile(), join(folder, name));
    await expectRefusal(message);
  });

  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0a1b\nsize 1234567\n';
  test.each([
    [pointer, /holds a Git LFS pointer instead of its content; expected a safetensors file\.\n.*git lfs pull/],
    ['<!DOCTYPE html>\n<html>Sign in</html>', /holds a web page instead of its content/],
    ['{"error":"Repository not found"}', /holds text that begins with "{\\"error\\":\\"Repository not found/],
    ['PK\u0003\u0004 and more', /holds a ZIP archive, as PyTorch saves weights/],
    ['GGUF and more', /holds a GGUF file/],
    ['', /the file has 0 bytes; expected at least 8/],
  ])('something else in place of the weights: %j', async (content, message) => {
    await writeFile(weightsFile(), content);
    await expectRefusal(message);
  });

  test.each(['config.json', 'model.safetensors.index.json'])('a Git LFS pointer in place of %s', async (name) => {
    await rm(weightsFile());
    await writeFile(join(folder, name), pointer);
    await expectRefusal(new RegExp(`${name} holds a Git LFS pointer instead of its content[^]*git lfs pull`));
  });

  test('truncated weights', async () => {
    await writeFile(weightsFile(), (await readFile(weightsFile())).subarray(0, -1));
    await expectRefusal(/model\.safetensors: found .* truncated/);
  });

  test('a NaN, with the tensor', async () => {
    await writeRandomCheckpoint(folder, { tied: false, nan: true });
    await expectRefusal(/model\.layers\.1\.mlp\.down_proj\.weight holds NaN at element 3/);
  });

  test('a missing tensor', async () => {
    await change((weights) => weights.delete('lm_head.weight'));
    await expectRefusal(/lm_head\.weight is missing; expected shape \[272, 32\]\.\nSet tie_word_embeddings to true/);
  });

  test('a tensor of a different shape', async () => {
    await changeConfig({ intermediate_size: 65 });
    await expectRefusal(/gate_proj\.weight has shape \[64, 32\]; expected \[65, 32\]/);
  });

  test('a tensor that this decoder does not use', async () => {
    await change((weights) =>
      weights.set('model.layers.0.self_attn.q_proj.bias', { shape: [32], data: new Float32Array(32) }),
    );
    await expectRefusal(/q_proj\.bias is not part of a qwen3 decoder/);
  });

  test('a missing shard', async () => {
    await shard();
    await rm(join(folder, 'model-00002-of-00002.safetensors'));
    await expectRefusal(/index\.json names 2 files, of which 1 is missing: model-00002-of-00002\.safetensors/);
  });

  test('a tensor that is not in the shard that the index names', async () => {
    await shard();
    const path = join(folder, 'model-00002-of-00002.safetensors');
    const { tensors } = await readSafetensors(path);
    tensors.delete('model.norm.weight');
    await writeSafetensors(path, tensors);
    await expectRefusal(/model-00002-of-00002\.safetensors: tensor model\.norm\.weight is missing/);
  });

  test('a tensor in two shards', async () => {
    await shard();
    const { tensors } = await readSafetensors(join(folder, 'model-00001-of-00002.safetensors'));
    await writeSafetensors(join(folder, 'model-00002-of-00002.safetensors'), tensors);
    await expectRefusal(/model\.embed_tokens\.weight is also in another file/);
  });

  test.each(['../secret.safetensors', '/etc/passwd', 'model.bin'])('a shard outside the folder: %s', async (name) => {
    await shard();
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { a: name } }));
    await expectRefusal(/is not a \.safetensors file of this folder/);
  });
});
