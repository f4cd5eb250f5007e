/** The pair within an engine: its bits, its end, and the end of the process during a call. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { request } from '../../../../../test/fixtures/engine-parts.ts';
import { writeRandomCheckpoint } from '../../../../../test/fixtures/random-checkpoint.ts';
import { ADAPTER_TARGETS } from '../../../../types.ts';
import type { Completion, Engine } from '../../../engine.ts';
import { createLocalEngine } from '../../index.ts';
import type { LocalEngineOptions } from '../../protocol.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-pair-engine-'));
const folder = join(root, 'model');
// Narrow and deep products: on two threads, the sums of a lone prompt's rows are added in another order.
beforeAll(() => writeRandomCheckpoint(folder, { hidden: 128, heads: 8, headDim: 16, intermediate: 384, scale: 0.1 }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SIZES = { slots: 12, microBatchTokens: 256 };
const REQUESTS = [
  request({ n: 10, maxTokens: 60 }),
  request({ n: 1, maxTokens: 90, seed: 2 }),
  request({ n: 16, maxTokens: 40, seed: 3, prompt: Array.from({ length: 50 }, (_, at) => at) }),
];

async function withEngine<T>(options: Partial<LocalEngineOptions>, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await createLocalEngine({ ...SIZES, threads: 2, ...options });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** Samples the base, a new adapter, and the adapter after a step. */
function sampled(options: Partial<LocalEngineOptions>): Promise<Completion[][][]> {
  return withEngine(options, async (engine) => {
    const of = async (ref: Parameters<Engine['openSampler']>[0]): Promise<Completion[][]> => {
      const sampler = await engine.openSampler(ref);
      const completions = await sampler.sample(REQUESTS);
      await sampler.close();
      return completions;
    };
    const from = { kind: 'base' as const, path: folder };
    const lora = { kind: 'lora' as const, rank: 2, alpha: 4, targets: ADAPTER_TARGETS, seed: 1 };
    const policy = await engine.openPolicy({ from, optimizer: 'fresh', adapt: lora });
    const before = await of(await policy.publish());
    const tokens = Int32Array.from({ length: 20 }, (_, at) => at + 3);
    await policy.accumulate(
      [{ input: tokens.slice(0, 19), target: tokens.slice(1), mask: new Uint8Array(19).fill(1) }],
      [new Float32Array(19).fill(-1)],
    );
    const rates = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clip: 0 };
    await policy.step({ learningRate: 0.1, ...rates });
    return [await of(from), before, await of(await policy.publish())];
  });
}

it('samples the same bits with a pair, and with one sampler of one or two threads', async () => {
  const [base, before] = await sampled({ threads: 1 });
  const single = await sampled({ pairSamplers: false });
  const pair = await sampled({});
  expect(pair).toEqual(single);
  // The gradient of two threads has other last bits than that of one, so the third model is another one.
  expect(pair.slice(0, 2)).toEqual([base, before]);
  const logprobs = pair.map((groups) => groups.flat().map((one) => one.logprobs));
  expect(logprobs[1]).toEqual(logprobs[0]);
  expect(logprobs[2]).not.toEqual(logprobs[0]);
});

it('samples the same bits in calls of any size', async () => {
  await withEngine({ slots: 64 }, async (engine) => {
    const sampler = await engine.openSampler({ kind: 'base', path: folder });
    const prompts = Array.from({ length: 40 }, (_, row) => Array.from({ length: 33 }, (_unused, at) => at * 5 + row));
    const requests = prompts.map((prompt, seed) => request({ prompt, n: 2, seed, maxTokens: 20 }));
    const few = await sampler.sample(requests.slice(0, 3));
    const all = await sampler.sample(requests);
    expect(few).toEqual(all.slice(0, 3));
    expect(await sampler.sample(requests.slice(3, 6))).toEqual(all.slice(3, 6));
  });
});

it('ends a call that is aborted, and samples the next one', async () => {
  await withEngine({}, async (engine) => {
    const sampler = await engine.openSampler({ kind: 'base', path: folder });
    const whole = await sampler.sample(REQUESTS);
    const stop = new AbortController();
    const long = [request({ n: 4000, maxTokens: 200, ignoreEnd: true })];
    const aborted = sampler.sample(long, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(aborted).rejects.toMatchObject({ kind: 'aborted' });
    expect(await sampler.sample(REQUESTS)).toEqual(whole);
  });
});

/** Runs a program that samples with a pair, in a process of its own. */
function program(then: string): { signal: string | null; status: number | null; stderr: string } {
  const code = `
    import { createLocalEngine } from ${JSON.stringify(new URL('../../index.ts', import.meta.url).href)};
    const engine = await createLocalEngine({ threads: 2, slots: 64, microBatchTokens: 256 });
    const sampler = await engine.openSampler({ kind: 'base', path: ${JSON.stringify(folder)} });
    const prompt = Int32Array.from({ length: 40 }, (_, at) => at);
    const sample = (maxTokens, control) =>
      sampler.sample([{ prompt, n: 64, seed: 1, maxTokens, temperature: 1, topP: 1, topK: 0, ignoreEnd: true }], control);
    await sample(20);
    ${then}`;
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', code],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { signal, status, stderr };
}

it('ends with its engine', () => {
  expect(program('await engine.close();')).toEqual({ signal: null, status: 0, stderr: '' });
});

it('lets the process exit during a call', () => {
  for (const code of [0, 7]) {
    const exit = `await sample(200, { onProgress: () => setTimeout(() => process.exit(${code}), ${code}) });`;
    expect(program(exit)).toEqual({ signal: null, status: code, stderr: '' });
  }
});
