import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { ModelLoadError } from '../../errors.ts';
import { ADAPTER_TARGETS, type AdapterShape } from '../../types.ts';
import {
  type Adapter,
  adaptedModules,
  adapterParameters,
  adapterTensors,
  factorName,
  mergeAdapter,
  newAdapter,
} from './adapter.ts';
import { placeOfModel, publicName } from './adapter-base.ts';
import { adapterShapeOf, readAdapter, readAdapterSettings, writeAdapterFiles } from './adapter-folder.ts';
import { loadCheckpoint, readModelConfig, saveAdapter } from '../checkpoint.ts';
import type { DecoderConfig, Weights } from '../decoder-config.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import { loadTokenizer } from '../tokenizer/tokenizer.ts';

let root: string;
let base: string;
let folder: string;
let config: DecoderConfig;
const SHAPE: AdapterShape = { rank: 3, alpha: 5, targets: ['q_proj', 'down_proj'] };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-adapter-folder-'));
  base = join(root, 'base');
  folder = join(root, 'adapter');
  config = await writeRandomCheckpoint(base, { architecture: 'qwen2' });
  await mkdir(folder);
  await writeAdapterFiles(folder, randomAdapter(SHAPE), { base });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** With a non-zero B. */
function randomAdapter(shape: AdapterShape): Adapter {
  const adapter = newAdapter(config, shape, 1);
  for (const { data } of adapter.weights.values()) data.forEach((value, i) => (data[i] = value + Math.sin(i) / 10));
  return adapter;
}

async function read(): Promise<Adapter> {
  const settings = await readAdapterSettings(folder);
  if (settings === null) throw new Error('no adapter');
  return readAdapter(folder, settings, config);
}

async function configure(change: Record<string, unknown>): Promise<void> {
  const path = join(folder, 'adapter_config.json');
  const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...json, ...change }));
}

test('reads back what it writes', async () => {
  expect(await read()).toEqual(randomAdapter(SHAPE));
  expect(await readAdapterSettings(base)).toBeNull();
});

test('loads an adapter as its base plus the product of its factors, and does not modify the files', async () => {
  const [merged, original] = [await loadCheckpoint(folder), await loadCheckpoint(base)];
  expect(merged.config).toEqual(original.config);
  const adapter = randomAdapter(SHAPE);
  const modules = adaptedModules(config, SHAPE.targets);
  expect(modules).toHaveLength(2 * config.layers);
  for (const [name, { data }] of original.weights) {
    const module = modules.find((one) => `${one.module}.weight` === name);
    const found = merged.weights.get(name)?.data ?? new Float32Array(0);
    if (module === undefined) {
      expect(found, name).toEqual(data);
      continue;
    }
    const [a, b] = (['A', 'B'] as const).map(
      (factor) => adapter.weights.get(factorName(module.module, factor))?.data ?? [],
    );
    for (const at of [0, 1, data.length >> 1, data.length - 1]) {
      const [row, column] = [Math.floor(at / module.columns), at % module.columns];
      const product = [0, 1, 2].reduce((sum, r) => sum + b[row * 3 + r] * a[r * module.columns + column], 0);
      expect(found[at], `${name}[${at}]`).toBeCloseTo(data[at] + (5 / 3) * product, 5);
    }
  }
});

test('changes x Wᵀ by alpha / rank · (x Aᵀ) Bᵀ after merging, for any shape', async () => {
  const { weights } = await loadCheckpoint(base);
  const shapes = fc.record({
    rank: fc.integer({ min: 1, max: 40 }),
    alpha: fc.double({ min: 0.1, max: 50, noNaN: true }),
    targets: fc.subarray([...ADAPTER_TARGETS], { minLength: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const adapter = randomAdapter(shape);
      const copy = new Map(
        Array.from(weights, ([name, { shape: dims, data }]) => [name, { shape: dims, data: data.slice() }]),
      );
      mergeAdapter(config, copy, adapter);
      expect(adapterParameters(config, shape)).toBe(
        [...adapter.weights.values()].reduce((sum, { data }) => sum + data.length, 0),
      );
      for (const { module, rows, columns } of adaptedModules(config, shape.targets)) {
        const x = Float64Array.from({ length: columns }, (_, i) => Math.cos(i));
        const dataOf = (of: Weights, name: string) => of.get(name)?.data ?? new Float32Array(0);
        const times = (matrix: Float32Array, vector: Float64Array, height: number): Float64Array =>
          Float64Array.from({ length: height }, (_, i) =>
            vector.reduce((sum, value, j) => sum + value * matrix[i * vector.length + j], 0),
          );
        const inner = times(dataOf(adapter.weights, factorName(module, 'A')), x, shape.rank);
        const added = times(dataOf(adapter.weights, factorName(module, 'B')), inner, rows);
        const before = times(dataOf(weights, `${module}.weight`), x, rows);
        times(dataOf(copy, `${module}.weight`), x, rows).forEach((value, i) => {
          const expected = before[i] + (shape.alpha / shape.rank) * added[i];
          expect(Math.abs(value - expected)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected)));
        });
      }
    }),
    { numRuns: 20 },
  );
});

describe('target modules', () => {
  const shapeWith = (targetModules: 'all-linear' | string[]) =>
    adapterShapeOf(folder, { base, revision: null, rank: 2, alpha: 4, targetModules }, config).targets;

  test('match by suffix, by full name, or all', () => {
    expect(shapeWith(['down_proj', 'q_proj'])).toEqual(['q_proj', 'down_proj']);
    expect(shapeWith(['self_attn.v_proj'])).toEqual(['v_proj']);
    expect(shapeWith('all-linear')).toEqual(ADAPTER_TARGETS);
    expect(shapeWith(adaptedModules(config, ['up_proj', 'k_proj']).map(({ module }) => module))).toEqual([
      'k_proj',
      'up_proj',
    ]);
  });

  test('are rejected if they match nothing, or only some layers', () => {
    expect(() => shapeWith(['q_proj', 'lm_head'])).toThrow(/target module "lm_head".*expected some of q_proj/);
    expect(() => shapeWith(['proj'])).toThrow(ModelLoadError);
    expect(() => shapeWith(['model.layers.0.self_attn.q_proj'])).toThrow(/q_proj in some layers only/);
  });
});

describe('rejects settings that would compute something else, by key', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ use_dora: true }, /use_dora is true: expected false/],
    [{ use_rslora: true }, /use_rslora is true/],
    [{ bias: 'lora_only' }, /bias is "lora_only": expected "none"/],
    [{ lora_bias: true }, /lora_bias is true/],
    [{ modules_to_save: ['embed_tokens'] }, /modules_to_save is \["embed_tokens"\]: expected none/],
    [{ rank_pattern: { q_proj: 8 } }, /rank_pattern is/],
    [{ alpha_pattern: { q_proj: 8 } }, /alpha_pattern is/],
    [{ layers_to_transform: [0] }, /layers_to_transform is \[0\]/],
    [{ fan_in_fan_out: true }, /fan_in_fan_out is true/],
    [{ init_lora_weights: 'pissa' }, /init_lora_weights is "pissa"/],
    [{ peft_type: 'IA3' }, /peft_type is "IA3": expected "LORA"/],
    [{ task_type: 'SEQ_CLS' }, /task_type is "SEQ_CLS"/],
    [{ target_modules: '.*q_proj' }, /target_modules is ".\*q_proj": expected a list/],
    [{ target_modules: [] }, /target_modules is \[\]/],
    [{ r: 0 }, /r is 0/],
    [{ lora_alpha: -1 }, /lora_alpha is -1/],
    [{ base_model_name_or_path: null }, /base_model_name_or_path is null/],
  ];
  test.each(cases)('%j', async (change, message) => {
    await configure(change);
    for (const load of [loadCheckpoint, readModelConfig, loadTokenizer]) {
      const refused = load(folder);
      await expect(refused).rejects.toThrow(ModelLoadError);
      await expect(refused).rejects.toThrow(message);
      await expect(refused).rejects.toThrow(join('adapter', 'adapter_config.json'));
    }
  });

  test('accepts any value for keys without effect here', async () => {
    await configure({
      lora_dropout: 0.1,
      inference_mode: false,
      peft_version: '0.99',
      megatron_core: 'x',
      rank_pattern: {},
    });
    expect(await read()).toEqual(randomAdapter(SHAPE));
  });
});

describe('rejects weights that do not fit, by tensor', () => {
  const file = (): string => join(folder, 'adapter_model.safetensors');
  const A = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';
  const rewrite = async (
    change: (tensors: Awaited<ReturnType<typeof readSafetensors>>['tensors']) => void,
  ): Promise<void> => {
    const { tensors } = await readSafetensors(file());
    change(tensors);
    await writeSafetensors(file(), tensors);
  };

  test('a rank that differs from the settings', async () => {
    await configure({ r: 4 });
    await expect(read()).rejects.toThrow(/q_proj\.lora_A\.weight has shape \[3, 32\]; expected \[4, 32\], by r 4/);
  });

  test('another base', async () => {
    await writeRandomCheckpoint(base, { hidden: 48 });
    await expect(loadCheckpoint(folder)).rejects.toThrow(/has shape \[3, 32\]; expected \[3, 48\]/);
  });

  test('a missing tensor, an extra one, and one that is not finite', async () => {
    await rewrite((tensors) =>
      tensors.set('base_model.model.lm_head.lora_A.weight', { shape: [1], data: new Float32Array(1) }),
    );
    await expect(read()).rejects.toThrow(/lm_head\.lora_A\.weight is not a LoRA factor of q_proj, down_proj/);
    await rewrite((tensors) => {
      tensors.delete('base_model.model.lm_head.lora_A.weight');
      tensors.get(A)?.data.fill(Number.NaN, 4, 5);
    });
    await expect(read()).rejects.toThrow(/q_proj\.lora_A\.weight holds NaN at element 4/);
    await rewrite((tensors) => tensors.delete(A));
    await expect(read()).rejects.toThrow(/q_proj\.lora_A\.weight is missing; expected \[3, 32\]/);
    await rm(file());
    await expect(read()).rejects.toThrow(/adapter_model\.safetensors cannot be opened/);
  });
});

describe('the base', () => {
  test('is rejected if it does not exist', async () => {
    await configure({ base_model_name_or_path: join(root, 'nowhere') });
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      /its base ".*nowhere" does not exist[^]*base_model_name_or_path/,
    );
    await configure({ base_model_name_or_path: 'owner/never-downloaded' });
    await expect(loadCheckpoint(folder)).rejects.toThrow(
      /"owner\/never-downloaded" is not on this machine[^]*rzero evolve --model/,
    );
  });

  test('is rejected if it is itself an adapter', async () => {
    const other = join(root, 'other');
    await cp(folder, other, { recursive: true });
    await configure({ base_model_name_or_path: other });
    await expect(loadCheckpoint(folder)).rejects.toThrow(/is itself an adapter[^]*rzero export/);
  });

  test('provides the text files that the adapter lacks', async () => {
    const lent = await loadTokenizer(folder);
    const own = await loadTokenizer(base);
    expect([lent.size, lent.eosIds]).toEqual([own.size, own.eosIds]);
    for (const name of ['tokenizer.json', 'tokenizer_config.json']) await cp(join(base, name), join(folder, name));
    const settings = JSON.parse(await readFile(join(folder, 'tokenizer_config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ ...settings, chat_template: 'own' }));
    const mixed = await loadTokenizer(folder);
    expect(mixed.renderChat([{ role: 'user', content: 'x' }])).toBe('own');
    expect(mixed.eosIds).toEqual(own.eosIds);
  });

  test('is named as on the hub if it is in the cache', () => {
    const commit = 'c0ffee'.padEnd(40, '0');
    expect(publicName(`/home/x/hub/models--Qwen--Qwen3-0.6B-Base/snapshots/${commit}`)).toBe('Qwen/Qwen3-0.6B-Base');
    expect(publicName('/home/x/models/Qwen3')).toBe('/home/x/models/Qwen3');
  });
});

test('saves an adapter unchanged in the requested format, and rejects a full model', async () => {
  const target = join(root, 'saved');
  await saveAdapter(target, folder);
  expect(await placeOfModel(target)).toMatchObject({ base, adapter: { rank: 3, alpha: 5 } });
  expect(await loadCheckpoint(target)).toEqual(await loadCheckpoint(folder));
  expect((await loadTokenizer(target)).eosIds).toEqual((await loadTokenizer(base)).eosIds);
  await saveAdapter(join(root, 'half'), folder, 'bfloat16');
  const { tensors } = await readSafetensors(join(root, 'half', 'adapter_model.safetensors'));
  expect([...tensors.keys()]).toEqual(adapterTensors(config, SHAPE).map(({ name }) => `base_model.model.${name}`));
  await expect(saveAdapter(join(root, 'none'), base)).rejects.toThrow(/contains no adapter[^]*adapt\.method=lora/);
});
