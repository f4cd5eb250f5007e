import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTablesBase } from '../../../../test/engines/memory-service/base.ts';
import { engineOver, openMemoryEngine } from '../../../../test/engines/memory-service/engine.ts';
import { LIKE_OPENRL, LIKE_SKYRL_JAX, type Quirks } from '../../../../test/engines/memory-service/quirks.ts';
import { ADAM, coefficients, example, expectClose, request, tokensOf } from '../../../../test/fixtures/engine-parts.ts';
import type { Adaptation, Engine, Sampler, SampleRequest, StateRef } from '../../engine.ts';
import { ADAPTER_TARGETS } from '../../../types.ts';
import { loadTokenizer } from '../../../models/tokenizer/tokenizer.ts';

const LORA: Adaptation = { kind: 'lora', rank: 2, alpha: 32, targets: ADAPTER_TARGETS, seed: 9 };
const EXAMPLES = [example([1, 2, 3], [4, 5]), example([2, 2], [6, 1, 3, 7])];
const END = 23;

let root: string;
let base: { kind: 'base'; path: string };
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-remote-sampler-'));
  base = { kind: 'base', path: join(root, 'base') };
  await writeTablesBase(base.path);
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function sampling(quirks: Partial<Quirks> = {}): Promise<Sampler> {
  const { engine } = await openMemoryEngine(base.path, quirks);
  return engine.openSampler(base);
}

async function trainedState(engine: Engine, name: string): Promise<{ state: StateRef; scores: Float32Array[] }> {
  const policy = await engine.openPolicy({ from: base, optimizer: 'fresh', adapt: LORA });
  await policy.accumulate(
    EXAMPLES,
    EXAMPLES.map((one) => coefficients(one, () => -1)),
  );
  await policy.step({ ...ADAM, clip: 0, learningRate: 0.05 });
  const scores = await policy.logprobs(EXAMPLES);
  const state = await policy.save({ home: root, name });
  await policy.close();
  return { state, scores };
}

describe('completions', () => {
  const asked: Partial<SampleRequest> = { n: 20, maxTokens: 30, seed: 3 };
  const draw = async (quirks: Partial<Quirks>, more: Partial<SampleRequest> = {}) =>
    (await (await sampling(quirks)).sample([{ ...request({}), ...asked, ...more }]))[0];

  it.each(['honoured', 'ignored'] as const)(
    'end at an end token, at stop tokens and at texts: stops are %s',
    async (stops) => {
      const { decode } = await loadTokenizer(base.path);
      const quirks: Partial<Quirks> = stops === 'ignored' ? { stops } : {};
      const free = await draw({ stops: 'ignored' });
      const text = decode(free[0].tokens.slice(1, 3));
      const stopTokens = [free[1].tokens[2]];
      const both = await draw(quirks, { stopTokens, stopStrings: [text] });
      expect(both[0].stopString).toBe(text);
      expect(both[1].tokens.length).toBeLessThanOrEqual(3);
      for (const [at, one] of both.entries()) {
        const all = [...free[at].tokens];
        const ends = all.map(
          (token, last) => stopTokens.includes(token) || decode(all.slice(0, last + 1)).includes(text),
        );
        const end = [ends.indexOf(true) + 1 || 31, free[at].tokens.length].toSorted((a, b) => a - b)[0];
        expect([...one.tokens]).toEqual(all.slice(0, end));
        expect(one.stop).toBe(end < 31 && (ends[end - 1] || all[end - 1] === END) ? 'stop' : 'length');
      }
    },
  );

  it('of one request differ where a service gives all of them the same tokens, and are the same again', async () => {
    const quirks: Partial<Quirks> = { sameSamples: true };
    const four = tokensOf(await draw(quirks, { n: 4 }));
    expect(new Set(four.map(String)).size).toBe(4);
    expect(tokensOf(await draw(quirks, { n: 2 }))).toEqual(four.slice(0, 2));
  });

  it('have seeds below 2^31 where a service refuses larger ones', async () => {
    const [one, other] = [await draw({ seeds: 'small' }, { seed: 4e9 }), await draw({ seeds: 'small' }, { seed: 4e9 })];
    expect(tokensOf(one)).toEqual(tokensOf(other));
  });

  it('are refused if the service leaves out the token that ended them', async () => {
    const stopTokens = [(await draw({}))[0].tokens[1]];
    await expect(draw({ stops: 'excluded' }, { stopTokens })).rejects.toThrow(/ended a completion/);
  });

  it('are refused with settings that the service ignores', async () => {
    await expect(draw({}, { minP: 0.1 })).rejects.toThrow(/minP = 0/);
    await expect(draw({ noFilters: true }, { topK: 5 })).rejects.toThrow(/topK = 0/);
    await expect(draw({ noFilters: true }, { topP: 0.5 })).rejects.toThrow(/topP = 1/);
    await expect(draw({ tempered: true }, { temperature: 0.7 })).rejects.toThrow(/temperature = 1/);
    expect(await draw({ noFilters: true, tempered: true })).toHaveLength(20);
  });

  it('come in the order of their requests, in few places', async () => {
    const { engine } = await openMemoryEngine(base.path, {}, { slots: 3 });
    const sampler = await engine.openSampler(base);
    const requests = Array.from({ length: 12 }, (_, seed) => request({ seed, n: 1 + (seed % 5) }));
    const together = await sampler.sample(requests);
    for (const [at, one] of requests.entries()) expect(together[at]).toEqual((await sampler.sample([one]))[0]);
  });
});

describe('scores', () => {
  it.each([
    ['n entries', {}],
    ['one entry fewer', { promptLogprobs: 'n-1' }],
    ['none, so that the trainer scores', { promptLogprobs: 'absent' }],
    ['none, without a forward pass', LIKE_OPENRL],
  ] as [string, Partial<Quirks>][])('of the base are the same: prompts have %s', async (_, quirks) => {
    const plain = await (await sampling()).score(EXAMPLES);
    const sampler = await sampling(quirks);
    (await sampler.score(EXAMPLES)).forEach((one, at) => expectClose(one, plain[at], 1e-6));
    await sampler.close();
  });

  it.each([
    ['no token', {}, 0],
    ['a token each', { drawsAlways: true }, EXAMPLES.length],
  ] as [string, Partial<Quirks>, number][])('cost %s', async (_, quirks, tokens) => {
    const { engine } = await openMemoryEngine(base.path, quirks);
    const sampler = await engine.openSampler(base);
    const before = engine.usage?.().sampledTokens ?? Number.NaN;
    await sampler.score(EXAMPLES);
    expect((engine.usage?.().sampledTokens ?? Number.NaN) - before).toBe(tokens);
  });

  it('need no room for a new token where the sequence fills the context', async () => {
    const long = example(
      [1],
      Array.from({ length: 255 }, (_, at) => at % 20),
    );
    for (const drawsAlways of [false, true]) {
      const [scores] = await (await sampling({ drawsAlways })).score([long]);
      expect(scores.every((value) => value < 0)).toBe(true);
    }
  });
});

describe('a saved state', () => {
  it.each([
    ['its own weights to sample from', {}],
    ['a model that is kept loaded', LIKE_SKYRL_JAX],
    ['a model that is kept loaded, scored by the trainer', { mortalSnapshots: true, promptLogprobs: 'absent' }],
  ] as [string, Partial<Quirks>][])('is sampled with %s, also after a restart', async (name, quirks) => {
    const { engine, backend } = await openMemoryEngine(base.path, quirks);
    const { state, scores } = await trainedState(engine, `state-${name.length}`);
    const other = await engineOver(backend);
    const sampler = await other.openSampler(state);
    const check = async (): Promise<void> =>
      (await sampler.score(EXAMPLES)).forEach((one, at) => expectClose(one, scores[at], 1e-5));
    await check();
    const before = tokensOf((await sampler.sample([request({ n: 3 })]))[0]);
    backend.restart();
    expect(tokensOf((await sampler.sample([request({ n: 3 })]))[0])).toEqual(before);
    await check();
    await sampler.close();
    expect(backend.models.size).toBe(0);
  });

  it('is sampled although its weights to sample from are gone', async () => {
    const { engine, backend } = await openMemoryEngine(base.path);
    const { state, scores } = await trainedState(engine, 'without');
    for (const path of backend.checkpoints.keys()) if (path.includes('sampler')) backend.checkpoints.delete(path);
    const sampler = await engine.openSampler(state);
    (await sampler.score(EXAMPLES)).forEach((one, at) => expectClose(one, scores[at], 1e-5));
  });
});
