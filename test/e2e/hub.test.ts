/** Models by hub name: forecast, download, evolution and export against a local hub, then offline. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunEvent } from '../../src/events.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { readSafetensorsHeader } from '../../src/models/weights/safetensors.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { COMMIT, playHub, type HubServer } from '../fixtures/hub-server.ts';
import { rzero, type Ended } from '../fixtures/program.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { onlyRun, setFlags } from '../fixtures/short-run.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-e2e-hub-'));
const original = join(root, 'original');
const SETTINGS = {
  iterations: 1,
  challenger: { train: false },
  pool: { questions: 4, maxTokens: 8 },
  filter: { minQuestions: 2 },
  solver: { prompts: 4 },
  evaluation: { questions: 2, samples: 1, maxTokens: 4, forced: false },
};
let hub: HubServer;

beforeAll(async () => {
  await writeRandomCheckpoint(original, { architecture: 'qwen2', dtype: 'bfloat16', maxPositions: 512 });
  hub = await playHub({ 'Qwen/Qwen2.5-Tiny': original });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const run = (...parameters: string[]): Promise<Ended> =>
  rzero(parameters, { cwd: root, env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(root, 'home') } });
const stored = (): string[] => hub.stored.map(({ file }) => file);

it('forecasts without downloading the weights', { timeout: 60_000 }, async () => {
  const ended = await run('evolve', '--model', 'Qwen/Qwen2.5-Tiny', '--dry-run');
  expect(ended.err).toBe('');
  expect(ended.out).toContain('Forecast for Qwen/Qwen2.5-Tiny');
  expect(stored()).not.toContain('model.safetensors');
});

it('evolves, and afterwards needs no network', { timeout: 120_000 }, async () => {
  const ended = await run('evolve', '--model', 'Qwen/Qwen2.5-Tiny', '--json', ...setFlags(SETTINGS));
  expect(ended).toMatchObject({ code: 0, err: '' });
  const events = ended.out.split('\n').map((line) => JSON.parse(line) as RunEvent);
  const downloads = events.filter((event) => event.type === 'download');
  expect(events[downloads.length].type).toBe('run-start');
  expect(downloads.at(-1)).toMatchObject({ model: 'Qwen/Qwen2.5-Tiny', file: 'model.safetensors' });
  expect(downloads.at(-1)?.done).toBe(downloads.at(-1)?.total);

  const dir = onlyRun(join(root, 'runs'));
  expect(dir).toContain('qwen2-5-tiny');
  const store = openRun(dir, { readOnly: true });
  // A run records the commit that it started with.
  expect(store.meta().config.model).toContain(join('models--Qwen--Qwen2.5-Tiny', 'snapshots', COMMIT));
  store.close();

  await hub.close();
  const again = await run('chat', '--model', 'Qwen/Qwen2.5-Tiny', '--ask', '1+1?', '--set', 'solver.maxTokens=4');
  expect(again).toMatchObject({ code: 0, err: '' });
});

it('exports in the given number format', { timeout: 60_000 }, async () => {
  const out = join(root, 'exported');
  const ended = await run('export', '--model', 'Qwen/Qwen2.5-Tiny', '--out', out, '--dtype', 'float16');
  expect(ended).toMatchObject({ code: 0, err: '' });
  const { entries } = await readSafetensorsHeader(join(out, 'model.safetensors'));
  expect(new Set(entries.map(({ dtype }) => dtype))).toEqual(new Set(['F16']));
  const [written, source] = [await loadCheckpoint(out), await loadCheckpoint(original)];
  expect(written.config).toEqual(source.config);
  expect(readdirSync(out)).toContain('tokenizer.json');
  const refused = await run('export', '--model', 'Qwen/Qwen2.5-Tiny', '--out', out);
  expect(refused.code).toBe(2);
  const replaced = await run('export', '--model', 'Qwen/Qwen2.5-Tiny', '--out', out, '--overwrite');
  expect(replaced).toMatchObject({ code: 0, err: '' });
  const { entries: floats } = await readSafetensorsHeader(join(out, 'model.safetensors'));
  expect(new Set(floats.map(({ dtype }) => dtype))).toEqual(new Set(['F32']));
  expect(refused.err).toContain('--overwrite');
});
