import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeRandomBase } from '../../../test/fixtures/scripted/random-base.ts';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { example, request } from '../../../test/fixtures/engine-parts.ts';
import type { Ctl, DrawnTokens, Sampler, SampleRequest } from '../../engine/engine.ts';
import { type Ask, Batcher } from './batcher.ts';
import { WorkQueue } from './work-queue.ts';

let folder: string;
let sampler: Sampler;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rzero-batcher-'));
  await writeRandomBase(folder);
  sampler = await (await createScriptedEngine()).openSampler({ kind: 'base', path: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SOURCE = { key: 'base' };

function asking(one: Partial<Ask> & { request: SampleRequest | null }): Ask {
  return { scored: null, ...one };
}

/** A batcher over the sampler, with the calls that it makes. */
function open(over: Partial<Sampler> = {}) {
  const calls: (readonly SampleRequest[])[] = [];
  const stop = new AbortController();
  const queue = new WorkQueue(() => new RangeError('closed'));
  const own: Sampler = {
    ...sampler,
    ...over,
    sample: (requests, ctl) => {
      calls.push(requests);
      return (over.sample ?? sampler.sample)(requests, ctl);
    },
  };
  const batcher = new Batcher<{ key: string }>({
    slots: 4,
    turn: (lane, job) => queue.add(lane, job),
    sampler: async () => own,
    stopped: stop.signal,
  });
  return { batcher, calls, stop };
}

it('samples a burst in one call, with the results of single calls', async () => {
  const { batcher, calls } = open();
  const requests = [1, 2, 3].map((seed) => request({ seed, n: 2, maxTokens: 9 }));
  const answers = await Promise.all(requests.map((one) => batcher.ask(SOURCE, asking({ request: one }))));
  expect(calls).toHaveLength(1);
  expect(answers.map(({ completions }) => completions)).toEqual(await sampler.sample(requests));
  expect(batcher.waiting).toBe(0);
});

it('splits more completions than the engine decodes in eight rounds', async () => {
  const { batcher, calls } = open();
  await Promise.all([20, 20, 1].map((n, seed) => batcher.ask(SOURCE, asking({ request: request({ seed, n }) }))));
  expect(calls.map((one) => one.map(({ n }) => n))).toEqual([[20], [20, 1]]);
});

it('scores, and samples and scores, in the order of the requests', async () => {
  const { batcher } = open();
  const examples = [example([1, 2], [3]), example([4], [5, 6])];
  const [first, both, second] = await Promise.all([
    batcher.ask(SOURCE, asking({ request: null, scored: examples[0] })),
    batcher.ask(SOURCE, asking({ request: request({}), scored: examples[1] })),
    batcher.ask(SOURCE, asking({ request: request({ seed: 5 }) })),
  ]);
  const scores = await sampler.score(examples);
  expect(first).toEqual({ completions: [], scores: scores[0] });
  expect(both.scores).toEqual(scores[1]);
  expect(second).toEqual({ completions: (await sampler.sample([request({ seed: 5 })]))[0], scores: null });
});

it('answers a streamed request when its own completions have ended, while the call goes on', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { batcher } = open({
    sample: async (requests, ctl) => {
      const completions = await sampler.sample(requests, ctl);
      await held;
      return completions;
    },
  });
  const drawn: Omit<DrawnTokens, 'request'>[] = [];
  const streamed = request({ seed: 3, n: 2 });
  const other = batcher.ask(SOURCE, asking({ request: request({}) }));
  const { completions } = await batcher.ask(SOURCE, asking({ request: streamed, onTokens: (one) => drawn.push(one) }));
  expect(completions).toEqual((await sampler.sample([streamed]))[0]);
  expect(drawn.map(({ completion, tokens }) => [completion, tokens])).toEqual(
    completions.map(({ tokens }, at) => [at, [...tokens]]),
  );
  expect(batcher.waiting).toBe(1);
  release();
  expect((await other).completions).toHaveLength(1);
});

it('ends the request of a caller who has gone, and no other', async () => {
  const seen: Ctl[] = [];
  const gone = new AbortController();
  const { batcher, calls } = open({
    sample: async (requests, ctl = {}) => {
      seen.push(ctl);
      gone.abort();
      return sampler.sample(requests, ctl);
    },
  });
  const left = batcher.ask(SOURCE, asking({ request: request({ seed: 1 }), signal: gone.signal }));
  const stays = batcher.ask(SOURCE, asking({ request: request({ seed: 2 }) }));
  await expect(left).rejects.toMatchObject({ kind: 'aborted' });
  expect((await stays).completions).toEqual((await sampler.sample([request({ seed: 2 })]))[0]);
  expect(seen[0].requestSignals?.map((signal) => signal?.aborted)).toEqual([true, undefined]);
  // Those who go before their call begins are not sampled.
  const early = new AbortController();
  const asked = batcher.ask(SOURCE, asking({ request: request({ seed: 3 }), signal: early.signal }));
  early.abort();
  await expect(asked).rejects.toMatchObject({ kind: 'aborted' });
  await batcher.ask(SOURCE, asking({ request: request({ seed: 4 }) }));
  expect(calls.flat().map(({ seed }) => seed)).toEqual([1, 2, 4]);
});

it('passes the error of a call to all of its requests, and goes on', async () => {
  let fails = true;
  const { batcher } = open({
    sample: (requests, ctl) => (fails ? Promise.reject(new RangeError('broken')) : sampler.sample(requests, ctl)),
  });
  const both = [1, 2].map((seed) => batcher.ask(SOURCE, asking({ request: request({ seed }) })));
  for (const one of both) await expect(one).rejects.toThrow('broken');
  fails = false;
  expect((await batcher.ask(SOURCE, asking({ request: request({}) }))).completions).toHaveLength(1);
});
