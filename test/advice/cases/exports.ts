/** Errors of `rzero export`. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run, type ExportFlags } from '../../../src/cli/commands/export.ts';
import { floatDtype, nameOf } from '../../../src/cli/export/flags.ts';
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

export const CASES: AdviceCase[] = [
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
