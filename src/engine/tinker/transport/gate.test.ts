import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FastClock } from '../../../../test/tinker/fast-clock.ts';
import { ADAM, datum, ENTROPY, openClient, PARAMS, sampleOnce } from '../../../../test/tinker/open-client.ts';
import { Gate } from './gate.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('keeps both limits, lets everybody through in order, and one larger than the limit alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 30 }), async (sizes) => {
        const gate = new Gate({ count: 3, bytes: 20 }, new FastClock());
        const inside: number[] = [];
        const entered: number[] = [];
        await Promise.all(
          sizes.map(async (size, i) => {
            const leave = await gate.enter(size);
            entered.push(i);
            inside.push(size);
            expect(inside.length).toBeLessThanOrEqual(3);
            const bytes = inside.reduce((sum, each) => sum + each, 0);
            expect(bytes <= 20 || inside.length === 1).toBe(true);
            await turn();
            inside.splice(inside.indexOf(size), 1);
            leave();
            leave();
          }),
        );
        expect(entered).toEqual(sizes.map((_, i) => i));
      }),
    );
  });

  it('is narrow for ten seconds after it was throttled, and opens by itself', async () => {
    let now = 0;
    const wakes: (() => void)[] = [];
    const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => wakes.push(resolve)) };
    const gate = new Gate({ count: 400, bytes: 1000 }, clock);
    gate.throttle();
    let inside = 0;
    const enter = async (bytes: number): Promise<void> => {
      await gate.enter(bytes);
      inside++;
    };
    const all = Array.from({ length: 100 }, () => enter(1));
    await turn();
    expect(inside).toBe(10);
    // However many wait, they share one timer.
    expect(wakes).toHaveLength(1);
    now = 10_001;
    wakes[0]();
    await Promise.all(all);
    expect(inside).toBe(100);
  });
});

describe('sample requests', () => {
  it.each([
    [5, {}],
    [3, { sample_max_concurrent_requests: 3 }],
  ])('are at most %i in flight, with the settings of the service %j', async (most, config) => {
    const { service, client } = await openClient({ config }, { concurrency: 5 });
    const session = await client.openSampling({ baseModel: 'base' });
    let flying = 0;
    let peak = 0;
    service.always('asample', () => {
      peak = Math.max(peak, ++flying);
      return 'pass';
    });
    service.always('retrieve_future', () => {
      flying--;
      return 'pass';
    });
    await Promise.all(Array.from({ length: 60 }, () => sampleOnce(client, session)));
    expect(peak).toBe(most);
  });

  it('are submitted ten at a time after the service had too many', async () => {
    // Time stands still: the ten seconds do not end.
    const clock = { now: () => 0, sleep: turn };
    const { service, client } = await openClient({}, { concurrency: 60, clock });
    const session = await client.openSampling({ baseModel: 'base' });
    const peaks = { before: 0, after: 0 };
    let under = 0;
    let refused = 0;
    service.always('asample', async () => {
      const phase = refused < 60 ? 'before' : 'after';
      peaks[phase] = Math.max(peaks[phase], ++under);
      // Until all that come at once are here.
      for (let i = 0; phase === 'before' ? under + refused < 60 : i < 20; i++) await turn();
      if (phase === 'before') await turn();
      under--;
      return phase === 'after' || refused++ >= 60 ? 'pass' : { status: 429 };
    });
    await Promise.all(Array.from({ length: 60 }, () => sampleOnce(client, session)));
    expect(peaks.before).toBe(60);
    expect(peaks.after).toBeGreaterThan(1);
    expect(peaks.after).toBeLessThanOrEqual(10);
  });

  it('that wait in a long queue hold neither timers nor connections', async () => {
    const { service, client } = await openClient({}, { concurrency: 4 });
    const session = await client.openSampling({ baseModel: 'base' });
    const samples = Array.from({ length: 300 }, () =>
      client.sample({ samplingSession: session, prompt: Int32Array.of(1), n: 1, params: PARAMS }),
    );
    await turn();
    const resources = process.getActiveResourcesInfo();
    expect(resources.filter((name) => name === 'Timeout').length).toBeLessThan(20);
    expect(resources.filter((name) => name.startsWith('TCP')).length).toBeLessThan(40);
    await Promise.all(samples);
    expect(service.done).toHaveLength(300);
  });
});

describe('the usage', () => {
  it('counts what the service has done, once', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    service.script('forward_backward', 'lost', 'lost');
    await model.forwardBackward([datum(1, 2, 3), datum(4)], ENTROPY);
    await model.optimStep(ADAM);
    const samplingSession = await model.publish();
    service.script('retrieve_future', { status: 410 });
    await client.sample({ samplingSession, prompt: Int32Array.of(1, 2, 3), n: 4, params: PARAMS });
    expect(client.usage()).toEqual({ requests: 5, sampledTokens: 8, prefilledTokens: 3, trainedTokens: 4 });
  });
});
