/** A service that is away for a while, or for good; and the end of a client. */

import { describe, expect, it } from 'vitest';

import { ADAM, datum, ENTROPY, openClient, outcomeOf, sampleOnce } from '../../../../test/tinker/open-client.ts';
import { FastClock } from '../../../../test/tinker/fast-clock.ts';
import { EngineError } from '../../../errors.ts';
import { connect } from './connect.ts';

const TEN_MINUTES = 600_000;

/** Brings the service back once the client has waited for so long. */
function backAfter(pair: Awaited<ReturnType<typeof openClient>>, ms: number): void {
  const start = pair.clock.now();
  const look = (): void => {
    if (pair.clock.now() - start < ms) setImmediate(look);
    else void pair.service.start();
  };
  look();
}

describe('a service that is away for ten minutes', () => {
  it('continues where it was, and the user hears of it', async () => {
    const waits: [string, number][] = [];
    const pair = await openClient({}, { onWaiting: (reason, seconds) => waits.push([reason, seconds]) });
    const { service, client, clock } = pair;
    const model = await client.createModel('base', { rank: 4 });
    const session = await client.openSampling({ baseModel: 'base' });
    await service.stop();
    backAfter(pair, TEN_MINUTES);
    const calls = [
      model.forwardBackward([datum(1)], ENTROPY),
      model.optimStep(ADAM),
      ...Array.from({ length: 20 }, () => sampleOnce(client, session)),
    ];
    await Promise.all(calls);
    expect(service.done.filter((line) => !line.startsWith('sample'))).toEqual([
      `pass ${model.id} 1 1`,
      `step ${model.id} 2`,
    ]);
    expect(service.done).toHaveLength(22);
    expect(clock.now()).toBeGreaterThanOrEqual(TEN_MINUTES);
    const seconds = waits.map(([, each]) => each);
    expect(waits[0][0]).toMatch(/^it does not answer \(.*ECONNREFUSED/);
    expect(seconds[0]).toBeLessThan(60);
    expect(Math.max(...seconds)).toBeGreaterThan(500);
    expect(waits.length).toBeLessThan(30);
  });

  it('while a result is awaited gives the result', async () => {
    const pair = await openClient();
    const session = await pair.client.openSampling({ baseModel: 'base' });
    pair.service.script('retrieve_future', () => {
      void pair.service.stop();
      backAfter(pair, TEN_MINUTES);
      return 'reset';
    });
    expect(await outcomeOf(sampleOnce(pair.client, session))).toBe('done');
    expect(pair.service.requests('asample')).toHaveLength(1);
  });

  it('and was restarted has lost models and samplers', async () => {
    const pair = await openClient();
    const model = await pair.client.createModel('base', { rank: 4 });
    const session = await pair.client.openSampling({ baseModel: 'base' });
    const path = await model.saveWeights('a');
    await pair.service.stop();
    pair.service.forget();
    backAfter(pair, TEN_MINUTES);
    expect(await outcomeOf(model.forwardBackward([datum(1)], ENTROPY))).toBe('lost-model');
    expect(await outcomeOf(sampleOnce(pair.client, session))).toBe('lost-sampler');
    // The client makes a new session by itself.
    const again = await pair.client.createModel('base', { rank: 4 });
    await again.loadWeights(path, true);
    const opened = await pair.client.openSampling({ baseModel: 'base' });
    expect(await outcomeOf(sampleOnce(pair.client, opened))).toBe('done');
    expect(pair.service.requests('create_session')).toHaveLength(2);
  });
});

describe('patience', () => {
  it.each([
    ['a sample', 'unreachable', 'asample', { status: 503 }],
    ['a sample', 'unreachable', 'asample', { status: 429 }],
    ['a sample', 'billing', 'asample', { status: 402 }],
    ['a sample whose result is awaited', 'unreachable', 'retrieve_future', { status: 503 }],
    ['a sample whose result is awaited', 'billing', 'retrieve_future', { status: 402 }],
  ] as const)('ends for %s as %s: %s answers %j', async (_, outcome, route, reply) => {
    const { service, client, clock } = await openClient({}, { patience: 100 });
    const session = await client.openSampling({ baseModel: 'base' });
    service.always(route, reply);
    const start = clock.now();
    expect(await outcomeOf(sampleOnce(client, session))).toBe(outcome);
    expect(clock.now() - start).toBeGreaterThan(60_000);
    expect(clock.now() - start).toBeLessThanOrEqual(100_000);
  });

  it.each([
    ['forward_backward', { status: 503 }, 'unknown'],
    ['forward_backward', { status: 429 }, 'unreachable'],
    ['forward_backward', { status: 402 }, 'billing'],
    ['retrieve_future', { status: 503 }, 'unknown'],
    ['retrieve_future', { status: 402 }, 'billing'],
  ] as const)('ends for a pass: %s answers %j', async (route, reply, outcome) => {
    const { service, client } = await openClient({}, { patience: 100 });
    const model = await client.createModel('base', { rank: 4 });
    await model.forwardBackward([datum(1)], ENTROPY);
    service.always(route, reply);
    expect(await outcomeOf(model.forwardBackward([datum(1)], ENTROPY))).toBe(outcome);
  });

  it('with an address that never answered is short', async () => {
    const clock = new FastClock();
    const options = { url: 'http://127.0.0.1:9', concurrency: 1, patience: 3600, clock };
    expect(await outcomeOf(connect(options))).toBe('unreachable');
    expect(clock.now()).toBeLessThanOrEqual(30_000);
  });
});

describe('an abort', () => {
  it.each([
    ['a request', 'asample'],
    ['a result', 'retrieve_future'],
  ])('ends a wait for %s at once', async (_, route) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    const stop = new AbortController();
    service.always(route, () => {
      setTimeout(() => stop.abort(), 20);
      return 'silent';
    });
    const failed = await sampleOnce(client, session, stop.signal).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(EngineError);
    expect(failed).toMatchObject({ kind: 'aborted' });
  });

  it('takes requests that have not begun out of the queue', async () => {
    const { service, client } = await openClient({}, { concurrency: 2 });
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('asample', 'silent');
    const stop = new AbortController();
    const calls = Array.from({ length: 50 }, () =>
      sampleOnce(client, session, stop.signal).catch((error: unknown) => error),
    );
    while (service.requests('asample').length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ kind: 'aborted' });
    expect(service.requests('asample')).toHaveLength(2);
    service.always('asample', 'pass');
    expect(await outcomeOf(sampleOnce(client, session))).toBe('done');
  });

  it('of a training request that is being sent ends the model; of one whose result is awaited does not', async () => {
    const { service, client } = await openClient();
    const model = await client.createModel('base', { rank: 4 });
    const waits = new AbortController();
    service.script('retrieve_future', () => {
      setTimeout(() => waits.abort(), 20);
      return 'silent';
    });
    await expect(model.forwardBackward([datum(1)], ENTROPY, { signal: waits.signal })).rejects.toThrow('aborted');
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
    const sends = new AbortController();
    service.script('forward_backward', () => {
      setTimeout(() => sends.abort(), 20);
      return 'silent';
    });
    await expect(model.forwardBackward([datum(1)], ENTROPY, { signal: sends.signal })).rejects.toThrow('aborted');
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('lost-model');
  });
});

describe('a closed client', () => {
  it('ends the calls in progress, and refuses others', async () => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('retrieve_future', 'silent');
    const call = outcomeOf(sampleOnce(client, session));
    while (service.requests('retrieve_future').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await client.close();
    expect(await call).toBe('unreachable');
    expect(await outcomeOf(sampleOnce(client, session))).toBe('unreachable');
  });
});
