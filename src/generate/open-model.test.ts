import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeAll, serve } from '../../test/fixtures/endpoint.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { resolveConfig } from '../config/load.ts';
import { SCRIPTED } from '../../test/engines/scripted/config.ts';
import createScriptedEngine from '../../test/engines/scripted/index.ts';
import { loadTokenizer } from '../models/tokenizer/tokenizer.ts';
import { createRun } from '../store/sqlite.ts';
import type { GenerateRequest } from './generator.ts';
import { lazyGenerator } from './lazy-generator.ts';
import { localGenerator } from './local-generator.ts';
import { findEvaluated, fingerprintOf, openGenerator, slugOf } from './open-model.ts';

let root: string;
let base: string;
let runsDir: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-model-'));
  base = join(root, 'base');
  runsDir = join(root, 'runs');
  await writeArithmeticBase(base);
  const config = resolveConfig({ flags: { model: base, engine: SCRIPTED } });
  const meta = { id: 'run-a', createdAt: '2026-01-01T00:00:00.000Z', version: '0.0.0', config };
  const store = createRun(join(runsDir, 'run-a'), meta);
  for (const iteration of [1, 2]) {
    cpSync(base, join(store.dir, 'weights', `solver-${iteration}`), { recursive: true });
    writeFileSync(join(store.dir, 'weights', `solver-${iteration}`, 'note.json'), `{"iteration":${iteration}}`);
    const weights = { role: 'solver', iteration, step: 3, state: `weights/solver-${iteration}` } as const;
    store.commit({ cursor: { iteration, stage: 'evaluate', step: 0 }, weights });
  }
  store.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(closeAll);

const REQUEST: GenerateRequest = {
  messages: [{ role: 'user', content: 'Compute 3 + 4.' }],
  n: 2,
  maxTokens: 8,
  temperature: 1,
  topP: 1,
  topK: 0,
  seed: 7,
};

describe('findEvaluated', () => {
  it('distinguishes folders, runs and iterations', async () => {
    const find = async (spec: string): Promise<unknown> => (await findEvaluated(spec, { runsDir })).identity;
    expect(await find(base)).toMatchObject({ kind: 'folder', location: base, iteration: null });
    const newest = join(runsDir, 'run-a', 'weights', 'solver-2');
    expect(await find('run-a')).toMatchObject({ kind: 'run', name: 'run-a@2', location: newest, iteration: 2 });
    expect(await find(join(runsDir, 'run-a'))).toMatchObject({ location: newest });
    expect(await find('run@1')).toMatchObject({ location: join(runsDir, 'run-a', 'weights', 'solver-1') });
    expect(await find('run-a@0')).toMatchObject({ name: 'run-a@0', location: base });
    await expect(find('run-a@3')).rejects.toThrow('It has: 0, 1, 2');
    await expect(find('no-such-run')).rejects.toThrow('There is no run');
  });

  it('uses the model named for an endpoint, otherwise asks the endpoint, and stores no secret', async () => {
    const named = await findEvaluated('http://me:pw@localhost:1?key=abc#org/Tiny-3B', { runsDir });
    expect(named.identity).toMatchObject({ kind: 'endpoint', name: 'http://localhost:1/v1?…#org/Tiny-3B' });
    expect([JSON.stringify(named.identity).match(/pw|abc/), slugOf(named.identity)]).toEqual([null, 'tiny-3b']);
    const server = await serve({ models: ['only'] });
    const { identity, endpoint } = await findEvaluated(server.url, { runsDir, access: { concurrency: 2 } });
    expect(identity).toMatchObject({ location: `${server.url}#only`, fingerprint: null });
    expect(endpoint).toEqual({ url: server.url, model: 'only', concurrency: 2 });
  });

  it('prefers the iteration that the run chose as best', async () => {
    const best = join(runsDir, 'run-a', 'best');
    cpSync(base, best, { recursive: true });
    const { identity, runDir, config } = await findEvaluated('run-a', { runsDir });
    expect(identity).toMatchObject({ name: 'run-a (best)', location: best, iteration: null });
    expect([runDir, config?.engine.kind, slugOf(identity)]).toEqual([join(runsDir, 'run-a'), 'module', 'best']);
    rmSync(best, { recursive: true });
  });

  it('gives a copy the same fingerprint, and changed weights another', async () => {
    const copy = join(root, 'copy');
    cpSync(base, copy, { recursive: true });
    expect(await fingerprintOf(copy)).toBe(await fingerprintOf(base));
    writeFileSync(join(copy, 'config.json'), '{}');
    expect(await fingerprintOf(copy)).not.toBe(await fingerprintOf(base));
  });
});

describe('a local generator', () => {
  it('returns the engine’s samples as texts, without the stop token, batch by batch', async () => {
    const found = await findEvaluated('run-a@1', { runsDir });
    const generator = await openGenerator(found, ['engine.options.slots=3']);
    const heard: number[] = [];
    const requests = [REQUEST, { ...REQUEST, seed: 8 }, { ...REQUEST, n: 1 }];
    const replies = await generator.generate(requests, { onReply: (index, { length }) => heard.push(index, length) });
    expect(heard).toEqual([0, 2, 1, 2, 2, 1]);
    expect(replies.map(({ length }) => length)).toEqual([2, 2, 1]);
    // Reply i depends only on (seed, i).
    expect(replies[2][0]).toEqual(replies[0][0]);
    expect(replies[0][0].text).toMatch(/^\\boxed\{\d\}$/);
    expect(replies[0][0].stop).toBe('stop');
    await generator.close();
  });

  it('cuts at stop texts, and limits replies to the room in the context', async () => {
    const engine = await createScriptedEngine();
    const sampler = await engine.openSampler({ kind: 'base', path: base });
    const tokenizer = await loadTokenizer(base);
    const prompt = tokenizer.encode(tokenizer.renderChat(REQUEST.messages)).length;
    const generatorFor = (maxContext: number) =>
      localGenerator({ name: 'm', sampler, tokenizer, maxContext, batch: 8 });
    const [[cut]] = await generatorFor(4096).generate([{ ...REQUEST, n: 1, stop: ['}'] }]);
    expect(cut.text).toMatch(/^\\boxed\{\d$/);
    const [[short]] = await generatorFor(prompt + 1).generate([{ ...REQUEST, n: 1 }]);
    expect(short).toMatchObject({ tokens: 1, stop: 'length' });
    const [none] = await generatorFor(prompt).generate([REQUEST]);
    expect(none).toEqual(Array.from({ length: 2 }, () => ({ text: '', tokens: 0, stop: 'length' })));
    await engine.close();
  });

  it('that is lazy does not open the model before the first request', async () => {
    let opened = 0;
    const lazy = lazyGenerator('m', async () => {
      opened++;
      return openGenerator(await findEvaluated('run-a@1', { runsDir }));
    });
    await lazy.close();
    expect(opened).toBe(0);
    await lazy.generate([REQUEST]);
    await lazy.generate([REQUEST]);
    expect(opened).toBe(1);
    await lazy.close();
  });
});
