/** Errors of adapters, their bases, and models on the hub. */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkAdapt } from '../../../src/engine/check-adapt.ts';
import { resolveConfig } from '../../../src/config/load.ts';
import { adaptationOf } from '../../../src/loop/training/adapt.ts';
import { loadCheckpoint, readModelConfig } from '../../../src/models/checkpoint.ts';
import { newAdapter } from '../../../src/models/adapters/adapter.ts';
import { placeOfModel } from '../../../src/models/adapters/adapter-base.ts';
import { writeAdapterFiles } from '../../../src/models/adapters/adapter-folder.ts';
import { pinBase, writeBasePin } from '../../../src/models/adapters/base-pin.ts';
import { fetchFromHub } from '../../../src/models/hub/hub.ts';
import { obtainModel } from '../../../src/models/hub/obtain-model.ts';
import type { AdapterShape } from '../../../src/types.ts';
import { playHub } from '../../fixtures/hub-server.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import { carryOut, settingsIn } from '../command.ts';
import type { AdviceCase } from '../followed.ts';

const SHAPE: AdapterShape = { rank: 3, alpha: 5, targets: ['q_proj', 'down_proj'] };
const SETTINGS = 'adapter_config.json';

/** Writes a base and an adapter over it; returns the adapter's folder. */
async function writeAdapter(place: string, named = join(place, 'base')): Promise<string> {
  const folder = join(place, 'adapter');
  const config = await writeRandomCheckpoint(join(place, 'base'));
  mkdirSync(folder, { recursive: true });
  await writeAdapterFiles(folder, newAdapter(config, SHAPE, 1), { base: named });
  return folder;
}

function configure(folder: string, keys: object): void {
  const path = join(folder, SETTINGS);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...keys }));
}

/** Changes settings of a good adapter and loads it. */
function withSettings(keys: object) {
  return async (place: string): Promise<void> => {
    const folder = await writeAdapter(place);
    configure(folder, keys);
    await loadCheckpoint(folder);
  };
}

/** PEFT merges an adapter into a plain model, which loads. */
async function useMerged(place: string): Promise<void> {
  await writeAdapter(place);
  const merged = await loadCheckpoint(join(place, 'adapter'));
  expect(merged.weights.size).toBe((await loadCheckpoint(join(place, 'base'))).weights.size);
}

async function restored(place: string, keys: object): Promise<void> {
  configure(join(place, 'adapter'), keys);
  await loadCheckpoint(join(place, 'adapter'));
}

/** Plays a hub with one model, for the duration of `work`. */
async function onHub(
  place: string,
  model: string,
  work: (env: Record<string, string>) => Promise<unknown>,
): Promise<void> {
  const hub = await playHub({ 'owner/model': model });
  try {
    await work({ HF_ENDPOINT: hub.endpoint, HF_HOME: join(place, 'home') });
  } finally {
    await hub.close();
  }
}

const obtain = (name: string, env: Record<string, string>): Promise<string> => obtainModel(name, { env, pause: 1 });

/** What a run opens: the adapter with the run's settings. */
function openWith(place: string, settings: string[]): void {
  checkAdapt(adaptationOf(resolveConfig({ set: settings }), 'solver'), SHAPE, place);
}

export const CASES: AdviceCase[] = [
  {
    file: 'engine/check-adapt.ts',
    message: '… holds a LoRA adapter (…), but all parameters were to be trained.',
    advice:
      /^Continue with the adapter: --set adapt\.method=lora .*; or write the whole model with `rzero export --model/,
    provoke: async (place) => openWith(await writeAdapter(place), []),
    follow: async (place, { advice }) => {
      const [lora, exported] = advice.split('; or ');
      openWith(place, settingsIn(lora));
      await carryOut(exported.replace('FOLDER', join(place, 'whole')));
      expect((await placeOfModel(join(place, 'whole'))).adapter).toBeNull();
    },
  },
  {
    file: 'engine/check-adapt.ts',
    message: '… holds a LoRA adapter of …, but … was requested.',
    advice: /^Use the saved settings: --set adapt\.rank=3 --set adapt\.alpha=5 --set 'adapt\.targets=\[.*\]'\.$/,
    provoke: (place) => openWith(place, ['adapt.method=lora', 'adapt.rank=7']),
    follow: (place, { advice }) => openWith(place, ['adapt.method=lora', 'adapt.rank=7', ...settingsIn(advice)]),
  },
  {
    file: 'engine/check-adapt.ts',
    message: 'The adapter settings have … = ….',
    advice: 'Give a whole number from 1.',
    provoke: (place) => checkAdapt({ kind: 'lora', seed: 1, ...SHAPE, rank: 1.5 }, null, place),
    follow: (place) => checkAdapt({ kind: 'lora', seed: 1, ...SHAPE, rank: 1 }, null, place),
  },
  {
    file: 'models/adapters/adapter-base.ts',
    message: '…',
    advice: /^Pass the adapter to `rzero evolve --model` or `rzero export --model`, which download its base, or set/,
    provoke: async (place) => placeOfModel(await writeAdapter(place, 'owner/model'), { HF_HOME: join(place, 'home') }),
    follow: async (place) => {
      const folder = join(place, 'adapter');
      await onHub(place, join(place, 'base'), async (env) => {
        await obtain(folder, env);
        expect((await placeOfModel(folder, env)).base).toContain('models--owner--model');
      });
      configure(folder, { base_model_name_or_path: join(place, 'base') });
      await loadCheckpoint(folder);
    },
  },
  {
    file: 'models/adapters/adapter-base.ts',
    message: '…',
    advice: /^Correct base_model_name_or_path in adapter_config\.json: a folder, or a model name on the hub\.$/,
    provoke: withSettings({ base_model_name_or_path: '/nowhere/base' }),
    follow: (place) => restored(place, { base_model_name_or_path: join(place, 'base') }),
  },
  {
    file: 'models/adapters/adapter-base.ts',
    message: '…: its base … is itself an adapter.',
    advice: /^Merge the base first with `rzero export --model BASE --out FOLDER`, and set base_model_name_or_path/,
    provoke: async (place) => {
      const folder = await writeAdapter(place);
      cpSync(folder, join(place, 'second'), { recursive: true });
      configure(join(place, 'second'), { base_model_name_or_path: folder });
      await loadCheckpoint(join(place, 'second'));
    },
    follow: async (place, { advice }) => {
      const merged = join(place, 'merged');
      await carryOut(advice.replace('BASE', join(place, 'adapter')).replace('FOLDER', merged));
      configure(join(place, 'second'), { base_model_name_or_path: merged });
      await loadCheckpoint(join(place, 'second'));
    },
  },
  {
    file: 'models/adapters/adapter-folder.ts',
    message: '…: … is …: expected ….',
    advice: 'Only plain LoRA adapters are supported: merge this one into its base with PEFT (`merge_and_unload`)',
    provoke: withSettings({ use_dora: true }),
    follow: useMerged,
  },
  {
    file: 'models/adapters/adapter-folder.ts',
    message: '…: tensor …… …; expected […], by r … of … and the base ….',
    advice:
      /^Check that adapter_config\.json belongs to these weights, and that the base is the one they were trained on\.$/,
    provoke: withSettings({ r: 4 }),
    follow: (place) => restored(place, { r: 3 }),
  },
  {
    file: 'models/adapters/adapter-folder.ts',
    message: '…: tensor … is not a LoRA factor of ….',
    advice: 'Only plain LoRA adapters are supported: merge this one into its base with PEFT (`merge_and_unload`)',
    provoke: withSettings({ target_modules: ['q_proj'] }),
    follow: useMerged,
  },
  {
    file: 'models/adapters/adapter-folder.ts',
    message: '…: target module … cannot be adapted in this decoder; expected some of ….',
    advice: 'merge this one into its base with PEFT first.',
    provoke: withSettings({ target_modules: ['embed_tokens'] }),
    follow: useMerged,
  },
  {
    file: 'models/adapters/adapter-folder.ts',
    message: '…: target_modules adapt … in some layers only; expected all layers or none.',
    advice: 'Merge this adapter into its base with PEFT (`merge_and_unload`)',
    provoke: withSettings({ target_modules: ['model.layers.0.self_attn.q_proj'] }),
    follow: useMerged,
  },
  {
    file: 'models/adapters/base-pin.ts',
    message: '… does not hold the fingerprint of a base.',
    advice: 'Restore the file, or delete it to use the adapter without a check of its base.',
    provoke: async (place) => {
      const folder = await writeAdapter(place);
      writeFileSync(join(folder, 'base_fingerprint.json'), '{}');
      await loadCheckpoint(folder);
    },
    follow: async (place) => {
      const folder = join(place, 'adapter');
      await writeBasePin(folder, await pinBase(join(place, 'base')));
      await loadCheckpoint(folder);
      rmSync(join(folder, 'base_fingerprint.json'));
      await loadCheckpoint(folder);
    },
  },
  {
    file: 'models/adapters/base-pin.ts',
    message: '…',
    advice:
      /^Restore the base, or set base_model_name_or_path in \S+ to a folder with the original one\. To use .*, delete \S+\.$/,
    provoke: async (place) => {
      const folder = await writeAdapter(place);
      cpSync(join(place, 'base'), join(place, 'original'), { recursive: true });
      await writeBasePin(folder, await pinBase(join(place, 'base')));
      await writeRandomCheckpoint(join(place, 'base'), { seed: 2 });
      await loadCheckpoint(folder);
    },
    follow: async (place, { advice }) => {
      const folder = join(place, 'adapter');
      await restored(place, { base_model_name_or_path: join(place, 'original') });
      await expect(restored(place, { base_model_name_or_path: join(place, 'base') })).rejects.toThrow(
        'Restore the base',
      );
      rmSync(/delete (\S+)\.$/.exec(advice)?.[1] ?? '');
      await loadCheckpoint(folder);
    },
  },
  {
    file: 'models/hub/hub.ts',
    message: '…',
    advice: 'Write it as owner/name.',
    provoke: (place) =>
      fetchFromHub({ type: 'model', id: 'model' }, (paths) => [...paths], { env: { HF_HOME: place } }),
    follow: (place) => downloadFrom(place),
  },
  {
    file: 'models/hub/obtain-model.ts',
    message: 'There is no folder … here. …',
    advice: 'Unset HF_HUB_OFFLINE once to download it.',
    provoke: async (place) => obtain('owner/model', { HF_HOME: join(place, 'home'), HF_HUB_OFFLINE: '1' }),
    follow: (place) => downloadFrom(place),
  },
  {
    file: 'models/hub/obtain-model.ts',
    message: 'There is no folder … here. …',
    advice: 'Check the name and the revision.',
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'base'));
      await onHub(place, join(place, 'base'), (env) => obtain('owner/modell', env));
    },
    follow: (place) => downloadFrom(place),
  },
  {
    file: 'models/hub/obtain-model.ts',
    message: 'There is no folder … here. …',
    advice:
      /^Check the network \(HF_ENDPOINT names another hub\), or download the model to a folder and pass its path\.$/,
    provoke: (place) => obtain('owner/model', { HF_ENDPOINT: 'http://127.0.0.1:9', HF_HOME: join(place, 'home') }),
    follow: async (place) => {
      await downloadFrom(place);
      await loadCheckpoint(await obtain(join(place, 'base'), {}));
    },
  },
  {
    file: 'models/hub/obtain-model.ts',
    message: '… is an adapter over …. …',
    advice: 'Unset HF_HUB_OFFLINE once to download it.',
    provoke: async (place) =>
      obtain(await writeAdapter(place, 'owner/model'), { HF_HOME: join(place, 'home'), HF_HUB_OFFLINE: '1' }),
    follow: (place) => onHub(place, join(place, 'base'), (env) => obtain(join(place, 'adapter'), env)),
  },
  {
    file: 'models/hub/obtain-model.ts',
    message: 'The model … has no ….',
    advice: /^Choose a repository that has it, or convert its weights to safetensors in a folder and pass its path\.$/,
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'old'));
      rmSync(join(place, 'old', 'model.safetensors'));
      await onHub(place, join(place, 'old'), (env) => obtain('owner/model', env));
    },
    follow: async (place) => {
      rmSync(join(place, 'home'), { recursive: true });
      await downloadFrom(place);
      await loadCheckpoint(await obtain(join(place, 'base'), {}));
    },
  },
];

async function downloadFrom(place: string): Promise<void> {
  if (!existsSync(join(place, 'base'))) await writeRandomCheckpoint(join(place, 'base'));
  await onHub(place, join(place, 'base'), async (env) => readModelConfig(await obtain('owner/model', env)));
}
