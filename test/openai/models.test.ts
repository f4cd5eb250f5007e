/** The catalogue and the pool over a real run of the shipped base. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { type Models, openModels } from '../../src/generate/models/models.ts';
import { replyTo } from '../../src/generate/models/reply.ts';
import { encodePrompt } from '../../src/models/tokenizer/encode-prompt.ts';
import { deleteWeights } from './prune.ts';
import { realRuns } from '../browser/open.ts';

const BASE = join(import.meta.dirname, '../../models/arith-base');
let runsDir: string;
let run: string;
let models: Models;
let opened = 0;

beforeAll(async () => {
  runsDir = await mkdtemp(join(tmpdir(), 'rzero-models-'));
  await cp(await realRuns(), runsDir, { recursive: true });
  models = openModels({
    runsDir,
    folders: [{ name: 'arith', path: BASE }],
    engine: () => {
      opened++;
      return openEngine(resolveConfig({ set: ['engine.threads=1'] }).engine);
    },
  });
  run = (await models.list())[1].id;
}, 300_000);
afterAll(async () => {
  await models.close();
  await rm(runsDir, { recursive: true, force: true });
});

async function answerOf(id: string, question: string): Promise<string> {
  const model = await models.open(id);
  if (model === null) throw new Error(`no model ${id}`);
  const prompt = encodePrompt(model, [{ role: 'user', content: question }]);
  const [{ text }] = await replyTo(model, { prompt, n: 1, seed: 1, maxTokens: 60, temperature: 0, topP: 1, topK: 0 });
  return text;
}

it('lists folders and what runs have, without an engine', async () => {
  const list = await models.list();
  expect(list.map(({ id }) => id)).toEqual([
    'arith',
    run,
    `${run}@0`,
    `${run}@1`,
    `${run}@2`,
    `${run}:challenger`,
    `${run}@1:challenger`,
    `${run}@2:challenger`,
  ]);
  expect(list.every(({ created }) => created > 1e9 && created < 1e10)).toBe(true);
  expect(opened).toBe(0);
});

it('opens all of them over one engine, with the weights that their names say', async () => {
  const asked = 'Compute 3 + 4.';
  expect(await answerOf('arith', asked)).toContain('\\boxed{7}');
  const ids = (await models.list()).map(({ id }) => id);
  await Promise.all(ids.map((id) => answerOf(id, asked)));
  expect(opened).toBe(1);
  const found = await Promise.all(ids.map((id) => models.open(id)));
  expect(new Set(found.map((one) => one?.key)).size).toBe(ids.length - 2);
  expect(found.map((one) => one?.domain)).toEqual(ids.map(() => 'arithmetic'));
  expect(found.map((one) => one?.info.maxContext)).toEqual(ids.map(() => 512));
});

it.each(['../arith', 'nothing', '.', '', '@1', 'arith@1', '/etc', 'arith:challenger', 'a\0b'])(
  'finds nothing under the name %j',
  async (id) => {
    expect(await models.open(id)).toBeNull();
  },
);

it('says which iterations a run has, and which weights were removed', async () => {
  await expect(models.open(`${run}@9`)).rejects.toThrow('has no Solver of iteration 9');
  await deleteWeights(join(runsDir, run), 'solver-1-');
  await expect(models.open(`${run}@1`)).rejects.toThrow('were removed (pruned)');
  expect((await models.list()).map(({ id }) => id)).not.toContain(`${run}@1`);
});
