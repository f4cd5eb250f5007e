import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Completion, SampleRequest, Sampler } from '../engine.ts';
import { createFlow } from './flow.ts';
import { createGate } from './gate.ts';
import { sharedProgress } from './progress.ts';

const OPTIONS = { maxTokens: 1, temperature: 1, topP: 1, topK: 0 };

/** A request whose completions all consist of the token `id`. */
function request(id: number, n = 1): SampleRequest {
  return { prompt: Int32Array.of(id), n, seed: id, ...OPTIONS };
}

function completionsOf({ prompt, n }: SampleRequest): Completion[] {
  return Array.from({ length: n }, () => ({
    tokens: prompt,
    logprobs: Float32Array.of(-1),
    stop: 'stop' as const,
    policyVersion: 0,
  }));
}

interface Fake extends Sampler {
  calls: SampleRequest[][];
  most: number;
}

/** A sampler whose calls end after `ticks(first request)` turns of the event loop; it fails where `fails` says so. */
function samplerOf(ticks: (id: number) => number, fails: (id: number) => boolean = () => false): Fake {
  const calls: SampleRequest[][] = [];
  let now = 0;
  const fake: Fake = {
    ref: { kind: 'base', path: '/base' },
    version: 0,
    calls,
    most: 0,
    async sample(requests, ctl) {
      calls.push([...requests]);
      now += requests.reduce((sum, { n }) => sum + n, 0);
      fake.most = Math.max(fake.most, now);
      try {
        for (let tick = ticks(requests[0]?.prompt[0] ?? 0); tick > 0; tick--) {
          ctl?.signal?.throwIfAborted();
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (requests.some(({ prompt }) => fails(prompt[0]))) throw new Error(`request ${requests[0].prompt[0]} failed`);
        return requests.map(completionsOf);
      } finally {
        now -= requests.reduce((sum, { n }) => sum + n, 0);
      }
    },
    score: async () => [],
    close: async () => {},
  };
  return fake;
}

const idsOf = (completions: readonly Completion[]): number[] => completions.map(({ tokens }) => tokens[0]);

describe('an engine of one call at a time', () => {
  it('gets all requests in one call, and its results are taken in order', async () => {
    const sampler = samplerOf(() => 1);
    const taken: number[] = [];
    const flow = createFlow({ slots: 2 });
    const out = await flow.each(
      sampler,
      [request(5, 2), request(3), request(4)],
      undefined,
      async (completions, at) => {
        taken.push(at);
        return idsOf(completions);
      },
    );
    expect(flow.overlaps).toBe(false);
    expect(sampler.calls.map((call) => call.map(({ seed }) => seed))).toEqual([[5, 3, 4]]);
    expect(taken).toEqual([0, 1, 2]);
    expect(out).toEqual([[5, 5], [3], [4]]);
  });

  it('gives a group the completions of its requests', async () => {
    const groups = [[request(1), request(2)], [], [request(3)]];
    for (const concurrent of [false, true]) {
      const flow = createFlow({ slots: 2, concurrent });
      const out = await flow.groups(
        samplerOf(() => 1),
        groups,
        undefined,
        (taken) => taken.map(idsOf),
      );
      expect(out).toEqual([[[1], [2]], [], [[3]]]);
    }
  });
});

describe('an engine of concurrent calls', () => {
  it('gets every request by itself within its slots; results are in order, whenever they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ n: fc.integer({ min: 1, max: 6 }), ticks: fc.integer({ min: 0, max: 5 }) }), {
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 10 }),
        async (sizes, slots) => {
          const sampler = samplerOf((id) => sizes[id].ticks);
          const requests = sizes.map(({ n }, id) => request(id, n));
          const progress: number[] = [];
          const out = await createFlow({ slots, concurrent: true }).each(
            sampler,
            requests,
            { onProgress: ({ done, total }) => progress.push(done / total) },
            (completions, at) => [at, ...idsOf(completions)],
          );
          expect(out).toEqual(sizes.map(({ n }, id) => [id, ...Array.from({ length: n }, () => id)]));
          expect(sampler.calls.every((call) => call.length === 1)).toBe(true);
          const largest = Math.max(0, ...sizes.map(({ n }) => n));
          expect(sampler.most).toBeLessThanOrEqual(Math.max(slots, largest));
          expect(progress.at(-1) ?? 1).toBe(1);
          expect(progress).toEqual(progress.toSorted((a, b) => a - b));
        },
      ),
    );
  });

  it('takes what arrives while other requests are still being sampled', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const sampler = samplerOf(() => 0);
    const slow: Sampler = {
      ...sampler,
      async sample(requests, ctl) {
        if (requests[0].seed === 0) await held;
        return sampler.sample(requests, ctl);
      },
    };
    const taken: number[] = [];
    // The first request only ends after the second one was taken.
    await createFlow({ slots: 2, concurrent: true }).each(slow, [request(0), request(1)], undefined, (_, at) => {
      taken.push(at);
      release();
    });
    expect(taken).toEqual([1, 0]);
  });

  it('throws the first error, of a request or of its reader, when the others have ended', async () => {
    for (const where of ['sample', 'take'] as const) {
      const sampler = samplerOf(
        (id) => (id === 2 ? 1 : 1000),
        (id) => where === 'sample' && id === 2,
      );
      const requests = [0, 1, 2, 3].map((id) => request(id));
      const taken: number[] = [];
      let ended = 0;
      const counted: Sampler = {
        ...sampler,
        sample: (asked, ctl) => sampler.sample(asked, ctl).finally(() => ended++),
      };
      const running = createFlow({ slots: 9, concurrent: true }).each(counted, requests, undefined, (_, at) => {
        taken.push(at);
        throw new Error(`request ${at} failed`);
      });
      await expect(running).rejects.toThrow('request 2 failed');
      expect(ended).toBe(4);
      expect(taken).toEqual(where === 'take' ? [2] : []);
    }
  });

  it('leaves nothing behind on the signal of the call', async () => {
    const stop = new AbortController();
    const requests = [0, 1, 2, 3].map((id) => request(id));
    const flow = createFlow({ slots: 2, concurrent: true });
    await flow.each(
      samplerOf(() => 1),
      requests,
      { signal: stop.signal },
      (completions) => completions.length,
    );
    const failing = samplerOf(
      () => 1,
      () => true,
    );
    await expect(flow.each(failing, requests, { signal: stop.signal }, () => 0)).rejects.toThrow('failed');
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('aborts every request with the signal of the call', async () => {
    const stop = new AbortController();
    const sampler = samplerOf(() => 1000);
    const running = createFlow({ slots: 2, concurrent: true }).each(
      sampler,
      [0, 1, 2, 3].map((id) => request(id)),
      { signal: stop.signal },
      () => expect.unreachable(),
    );
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });
});

describe('a gate', () => {
  it('lets work pass in order, within its limit, and larger work alone', async () => {
    const gate = createGate(4);
    const log: string[] = [];
    const releases = new Map<string, () => void>();
    const enter = (name: string, size: number): Promise<void> =>
      gate.pass(size, () => {
        log.push(name);
        return new Promise((resolve) => releases.set(name, resolve));
      });
    const all = [enter('a', 3), enter('b', 2), enter('c', 1), enter('huge', 99), enter('d', 1)];
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const finish = async (name: string): Promise<void> => {
      releases.get(name)?.();
      await settle();
    };
    await settle();
    // c would fit next to a, but waits behind b.
    expect(log).toEqual(['a']);
    await finish('a');
    expect(log).toEqual(['a', 'b', 'c']);
    await finish('b');
    await finish('c');
    expect(log).toEqual(['a', 'b', 'c', 'huge']);
    await finish('huge');
    expect(log).toEqual(['a', 'b', 'c', 'huge', 'd']);
    await finish('d');
    await Promise.all(all);
  });

  it('is free again after work that failed', async () => {
    const gate = createGate(1);
    await expect(gate.pass(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await gate.pass(1, async () => 'next')).toBe('next');
  });
});

it('adds up the progress of calls that overlap', () => {
  const seen: string[] = [];
  const next = sharedProgress({
    onProgress: ({ done, total, tokensPerSecond }) => seen.push(`${done}/${total} ${tokensPerSecond}`),
  });
  const [one, two] = [next(), next()];
  one.onProgress?.({ done: 1, total: 4, tokensPerSecond: null });
  two.onProgress?.({ done: 2, total: 6, tokensPerSecond: 30 });
  one.onProgress?.({ done: 4, total: 4, tokensPerSecond: 20 });
  expect(seen).toEqual(['1/4 null', '3/10 30', '6/10 50']);
});
