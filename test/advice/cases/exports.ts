/** Errors of `rzero export`. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { run, type ExportFlags } from '../../../src/cli/commands/export.ts';
import { floatDtype, nameOf } from '../../../src/cli/export/flags.ts';
import { upload, uploadOf } from '../../../src/cli/export/upload.ts';
import { push, type PushOptions } from '../../../src/export/push/push.ts';
import { newAdapter } from '../../../src/models/adapters/adapter.ts';
import { writeAdapterFiles } from '../../../src/models/adapters/adapter-folder.ts';
import { receiveUploads, type UploadHub } from '../../fixtures/hub-upload-server.ts';
import { runDirOf } from '../../../src/cli/export/records.ts';
import { checkTarget, type Format } from '../../../src/export/formats.ts';
import { exportGguf } from '../../../src/export/gguf/model-gguf.ts';
import { createRun } from '../../../src/store/sqlite.ts';
import { RZERO_VERSION } from '../../../src/store/version.ts';
import { resolveConfig } from '../../../src/config/load.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import { perform } from '../perform.ts';
import type { AdviceCase } from '../followed.ts';

const NO_LICENSE = { dtype: 'float32', name: 'model', license: null } as const;

function check(format: Format, path: string, overwrite = false): void {
  checkTarget({ format, path }, overwrite);
}

const exported = (place: string, flags: Partial<ExportFlags>, name: string): Promise<unknown> =>
  perform((given: ExportFlags, io) => run(given, io, name), { dtype: 'float32', ...flags }, place);

/** Creates a run without any step; returns the folder of runs. */
function emptyRun(place: string): string {
  const config = resolveConfig({ flags: { model: 'models/arith-base' } });
  const meta = { id: 'one', createdAt: '2026-01-01T00:00:00.000Z', version: RZERO_VERSION, config };
  createRun(join(place, 'runs', 'one'), meta).close();
  return join(place, 'runs');
}

/** Writes a model whose config or tokenizer has other keys. */
async function modelWith(place: string, file: string, keys: object): Promise<string> {
  const folder = join(place, 'model');
  await writeRandomCheckpoint(folder, { architecture: 'qwen2' });
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...keys }));
  return folder;
}

/** The folder of such a model can be exported. */
async function asFolder(place: string): Promise<void> {
  await exported(place, { out: join(place, 'out') }, join(place, 'model'));
  expect(existsSync(join(place, 'out', 'model.safetensors'))).toBe(true);
}

const LLAMA3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

/** Plays a hub, on which the repositories exist, while `work` runs. */
async function withHub(
  existing: Record<string, 'private' | 'public'>,
  work: (hub: UploadHub) => Promise<unknown>,
): Promise<void> {
  const hub = await receiveUploads(existing);
  try {
    await work(hub);
  } finally {
    await hub.close();
  }
}

/** Uploads a file of the case's folder. */
function pushed(place: string, hub: UploadHub, options: Partial<PushOptions> = {}): Promise<unknown> {
  writeFileSync(join(place, 'a.gguf'), 'a');
  const env = { HF_ENDPOINT: hub.endpoint, HF_TOKEN: hub.token, HF_HOME: place };
  return push(join(place, 'a.gguf'), { repo: 'me/a', type: 'model', isPublic: false, pause: 1, env, ...options });
}

const flagged = (flags: Partial<ExportFlags>, formats: Format[]): Promise<unknown> =>
  uploadOf({ dtype: 'float32', ...flags }, formats);

export const CASES: AdviceCase[] = [
  {
    file: 'export/push/push.ts',
    message: '… is no name of a repository.',
    advice: 'Write it as owner/name.',
    provoke: (place) => withHub({}, (hub) => pushed(place, hub, { repo: 'model' })),
    follow: (place) => withHub({}, (hub) => pushed(place, hub, { repo: 'owner/model' })),
  },
  {
    file: 'export/push/push.ts',
    message: 'An upload to … needs a token, and there is none.',
    advice: 'Set HF_TOKEN to a token that may write, from the settings of your account on the hub.',
    provoke: (place) =>
      withHub({}, (hub) => pushed(place, hub, { env: { HF_ENDPOINT: hub.endpoint, HF_HOME: place } })),
    follow: (place) => withHub({}, (hub) => pushed(place, hub)),
  },
  {
    file: 'export/push/push.ts',
    message: 'The repository … exists and is public.',
    advice: 'Pass --public to upload to it all the same, or name another one.',
    provoke: (place) => withHub({ 'me/a': 'public' }, (hub) => pushed(place, hub)),
    follow: (place) =>
      withHub({ 'me/a': 'public' }, async (hub) => {
        await pushed(place, hub, { isPublic: true });
        await pushed(place, hub, { repo: 'me/b' });
      }),
  },
  {
    file: 'export/push/push.ts',
    message: '… could not be uploaded to …: …',
    advice: 'Set HF_TOKEN to a token that may write to this repository. The export itself is complete.',
    provoke: (place) =>
      withHub({}, (hub) => pushed(place, hub, { env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_of-another' } })),
    follow: (place) => withHub({}, (hub) => pushed(place, hub)),
  },
  {
    file: 'cli/export/upload.ts',
    message: '--public is about an upload, and none is asked for.',
    advice: 'Add --push OWNER/NAME, or leave out --public.',
    provoke: () => flagged({ public: true }, ['hf']),
    follow: async () => expect(await flagged({}, ['hf'])).toBeNull(),
  },
  {
    file: 'cli/export/upload.ts',
    message: 'One model or one dataset is uploaded at a time, not ….',
    advice: 'Pass --push with one of --hf, --adapter, --gguf and --data.',
    provoke: () => flagged({ push: 'me/a' }, ['csv']),
    // Each of them goes on to look for a token.
    follow: async () => {
      vi.stubEnv('HF_TOKEN', 'hf_one');
      for (const format of ['hf', 'adapter', 'gguf', 'data'] as const)
        expect(await flagged({ push: 'me/a' }, [format])).toMatchObject({ repo: 'me/a' });
      vi.unstubAllEnvs();
    },
  },
  {
    file: 'cli/export/upload.ts',
    message: 'The base of this adapter is a folder on this machine, so others cannot use it.',
    advice: 'Upload the merged model instead: leave out --adapter.',
    provoke: async (place) => {
      const config = await writeRandomCheckpoint(join(place, 'base'));
      const adapter = newAdapter(config, { rank: 2, alpha: 4, targets: ['q_proj'] }, 1);
      mkdirSync(join(place, 'adapter'));
      await writeAdapterFiles(join(place, 'adapter'), adapter, { base: join(place, 'base') });
      const target = { format: 'adapter', path: join(place, 'adapter') } as const;
      await upload(target, { repo: 'me/a', type: 'model', isPublic: false });
    },
    follow: (place) =>
      withHub({}, async (hub) => {
        await exported(place, { out: join(place, 'whole') }, join(place, 'adapter'));
        await push(join(place, 'whole'), {
          repo: 'me/a',
          type: 'model',
          isPublic: false,
          env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN: hub.token },
        });
        expect(hub.repositories.get('me/a')?.files.has('model.safetensors')).toBe(true);
      }),
  },
  {
    file: 'export/formats.ts',
    message: '… is a file.',
    advice: 'Pass another folder with --out.',
    provoke: (place) => {
      writeFileSync(join(place, 'csv'), '');
      check('csv', join(place, 'csv'));
    },
    follow: (place) => check('csv', join(place, 'other')),
  },
  {
    file: 'export/formats.ts',
    message: '… already exists and is not empty.',
    advice: 'Pass another folder with --out, or --overwrite to replace it.',
    provoke: (place) => {
      writeFileSync(join(place, 'metrics.csv'), '');
      check('csv', place);
    },
    follow: (place) => {
      check('csv', join(place, 'other'));
      check('csv', place, true);
    },
  },
  {
    file: 'export/formats.ts',
    message: '… does not hold such an export, and --overwrite replaces only those.',
    advice: 'Pass another folder with --out.',
    provoke: (place) => {
      writeFileSync(join(place, 'letters.txt'), '');
      check('data', place, true);
    },
    follow: (place) => check('data', join(place, 'other'), true),
  },
  {
    file: 'cli/export/flags.ts',
    message: 'Two models are named: …, and … with --model.',
    advice: 'Name the run or the model once.',
    provoke: () => nameOf({ model: 'a', dtype: 'float32' }, 'b'),
    follow: () => expect(nameOf({ dtype: 'float32' }, 'b')).toBe('b'),
  },
  {
    file: 'cli/export/flags.ts',
    message: 'The format q8_0 exists only in GGUF files.',
    advice: 'Add --gguf, or pass another format with --dtype.',
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'model'));
      await exported(place, { dtype: 'q8_0', out: join(place, 'out') }, join(place, 'model'));
    },
    follow: async (place) => {
      await exported(place, { dtype: 'q8_0', gguf: true, out: join(place, 'one.gguf') }, join(place, 'model'));
      expect(floatDtype({ dtype: 'float16' })).toBe('float16');
    },
  },
  {
    file: 'cli/export/records.ts',
    message: '… is a model and not a run, so it has no questions and no metrics.',
    advice: 'Name a run; `rzero runs` lists them.',
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'model'));
      runDirOf(join(place, 'model'), join(place, 'runs'));
    },
    follow: (place) => expect(runDirOf('one', emptyRun(place))).toBe(join(place, 'runs', 'one')),
  },
  {
    file: 'cli/export/records.ts',
    message: '… is one iteration, and questions and metrics are exported for the whole run.',
    advice: 'Name the run without @2.',
    provoke: (place) => runDirOf('one@2', emptyRun(place)),
    follow: (place) => expect(runDirOf('one', join(place, 'runs'))).toBe(join(place, 'runs', 'one')),
  },
  {
    file: 'export/gguf/model-gguf.ts',
    message: '…: llama.cpp has no Llama 3 scaling of RoPE for ….',
    advice: 'Export it as a Hugging Face folder, without --gguf.',
    provoke: async (place) =>
      exportGguf(await modelWith(place, 'config.json', { rope_scaling: LLAMA3 }), {
        path: join(place, 'one.gguf'),
        ...NO_LICENSE,
      }),
    follow: asFolder,
  },
  {
    file: 'export/gguf/model-gguf.ts',
    message: '…: llama.cpp cannot split texts as this tokenizer does.',
    advice: 'Export it as a Hugging Face folder, without --gguf.',
    provoke: async (place) =>
      exportGguf(await modelWith(place, 'tokenizer.json', { normalizer: { type: 'Lowercase' } }), {
        path: join(place, 'one.gguf'),
        ...NO_LICENSE,
      }),
    follow: asFolder,
  },
];
