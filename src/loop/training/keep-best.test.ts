import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput } from '../../config/schema.ts';
import type { Completion, Engine, WeightsRef } from '../../engine/engine.ts';
import { memoryRun, shortConfig } from '../loop.contract.ts';
import { trainedRoles } from './roles.ts';
import { keepBest } from './weights.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-keep-best-'));
const base = join(root, 'base');
let engine: Engine;

beforeAll(async () => {
  await writeArithmeticBase(base);
  writeFileSync(join(base, 'README.md'), 'the card of the base');
  writeFileSync(join(base, 'pretrain-log.jsonl'), '{}');
  engine = await createScriptedEngine();
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

/** Keeps the base as the best of a run with these settings; returns the run's folder. */
async function keepBase(name: string, over: ConfigInput): Promise<string> {
  const config = shortConfig(base, over);
  const store = memoryRun(join(root, name), config);
  await keepBest({ base: { kind: 'base', path: base }, config, engine, roles: trainedRoles(config), store }, 0);
  return store.dir;
}

async function sample(ref: WeightsRef): Promise<Completion[][]> {
  const sampler = await engine.openSampler(ref);
  const request = { prompt: Int32Array.of(1, 2), n: 4, seed: 5, maxTokens: 6, temperature: 1, topP: 1, topK: 0 };
  const completions = await sampler.sample([request]);
  await sampler.close();
  return completions;
}

it('of a base that is kept copies only the files of the model', async () => {
  const dir = await keepBase('full', {});
  expect(readdirSync(join(dir, 'best')).toSorted()).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
});

it('of a run with adapters writes an adapter that changes nothing, if the base is kept', async () => {
  const dir = await keepBase('adapters', { adapt: { method: 'lora', rank: 2, alpha: 4 } });
  const best = join(dir, 'best');
  expect(readdirSync(best)).toEqual(
    expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'base_fingerprint.json']),
  );
  expect(readdirSync(best)).not.toContain('model.safetensors');
  expect((await engine.inspect({ kind: 'base', path: best })).adapter).toMatchObject({ rank: 2, alpha: 4 });
  expect(await sample({ kind: 'base', path: best })).toEqual(await sample({ kind: 'base', path: base }));
  // The state that it was exported from is gone.
  expect(await engine.states(dir)).toEqual([]);
});
