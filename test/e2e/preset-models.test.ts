/** Every recipe names a model that exists: the shipped base, or a model on the hub, played by a local server. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPlan } from '../../src/ablate/plan.ts';
import { resolveConfig } from '../../src/config/load.ts';
import { obtainModel } from '../../src/models/hub/obtain-model.ts';
import { playHub, type HubServer } from '../fixtures/hub-server.ts';
import { ROOT, rzero } from '../fixtures/program.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';

/** Names under which the hub has published base models. The server answers 404 to all others. */
const PUBLISHED = ['Qwen/Qwen3-0.6B-Base', 'Qwen/Qwen3-4B-Base', 'Qwen/Qwen3-8B-Base'];

const root = mkdtempSync(join(tmpdir(), 'rzero-preset-models-'));
const recipes = readdirSync(join(ROOT, 'recipes')).filter((name) => /^(?!pretrain-).*\.toml$/.test(name));
let hub: HubServer;
let env: Record<string, string>;

beforeAll(async () => {
  const checkpoint = join(root, 'checkpoint');
  await writeRandomCheckpoint(checkpoint, { architecture: 'qwen3', maxPositions: 32_768 });
  hub = await playHub(Object.fromEntries(PUBLISHED.map((name) => [name, checkpoint])));
  env = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(root, 'home') };
});
afterAll(async () => {
  await hub.close();
  rmSync(root, { recursive: true, force: true });
});

/** Returns the models that a recipe starts from. */
async function modelsOf(name: string): Promise<string[]> {
  const path = join(ROOT, 'recipes', name);
  if (!name.startsWith('ablate-')) return [resolveConfig({ files: [path] }).model];
  return (await readPlan(path)).variants.map(({ config }) => config.model);
}

it.each(recipes)('%s names models that can be opened', async (name) => {
  for (const model of new Set(await modelsOf(name))) {
    const folder = await obtainModel(model, { env }, 'texts');
    expect(existsSync(join(folder, 'config.json'))).toBe(true);
  }
});

it('the presets forecast their own model', { timeout: 120_000 }, async () => {
  const ended = await rzero(['evolve', '--config', 'paper', '--dry-run'], { cwd: root, env });
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out).toContain('Forecast for Qwen/Qwen3-4B-Base');
});

it('documents and messages name only models that are published', () => {
  const texts = ['README.md', 'docs', 'recipes', 'src', 'examples'].flatMap(filesIn);
  const named = texts.flatMap((text) => [...text.matchAll(/\bQwen\/[\w.-]*\w/g)].map(([name]) => name));
  expect(new Set(named)).toEqual(new Set(PUBLISHED));
});

/** Returns the texts of a file, or of all files below a folder, without tests and decisions. */
function filesIn(path: string): string[] {
  const full = join(ROOT, path);
  if (path.endsWith('.md')) return [readFileSync(full, 'utf8')];
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(md|toml|ts|mjs)$/.test(name) && !/\.test\.ts$|^adr\b|^LOG/.test(name))
    .map((name) => readFileSync(join(full, name), 'utf8'));
}
