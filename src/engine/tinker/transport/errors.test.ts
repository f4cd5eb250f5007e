/** The table of errors: what each answer makes of each kind of request. */

import { describe, expect, it } from 'vitest';

import {
  ADAM,
  datum,
  ENTROPY,
  openClient,
  outcomeOf,
  type Pair,
  sampleOnce,
} from '../../../../test/tinker/open-client.ts';
import { type Action, detail, type Reply } from '../../../../test/tinker/scripted-service.ts';
import type { RemoteModel } from '../service.ts';

const PROXY: Reply = { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' };
const NOISE: Reply = { status: 400, body: '<html>Bad Request</html>' };

/** Answers after which a request is simply sent again: the service has not done it. */
const NOT_DONE: [string, Action][] = [
  ['429', { status: 429 }],
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '3' } }],
  ['402', { status: 402, body: { detail: 'no credit' } }],
  ['425', { status: 425, body: { detail: 'Checkpoint is still being created' } }],
];

/** Answers after which it is unknown whether it was done. */
const UNKNOWN: [string, Action][] = [
  ['408', { status: 408 }],
  ['500', { status: 500, body: 'Internal Server Error' }],
  ['502 as a page', PROXY],
  ['503', { status: 503 }],
  ['504', { status: 504 }],
  ['a reset connection', 'reset'],
  ['a lost answer', 'lost'],
  ['a cut answer', 'cut'],
  ['an answer that is no JSON', { status: 200, body: '<html>Log in to the network</html>' }],
];

async function withModel(pair: Pair): Promise<RemoteModel> {
  const model = await pair.client.createModel('base', { rank: 4 });
  // The encoding is known from here on: an error is not taken for "reads no protobuf".
  await model.forwardBackward([datum(1)], { ...ENTROPY, forwardOnly: true });
  pair.service.done.length = 0;
  return model;
}

describe('a sample request', () => {
  it.each([...NOT_DONE, ...UNKNOWN])('is sent again with its number after %s', async (_, action) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.script('asample', action);
    expect((await sampleOnce(client, session)).sequences).toHaveLength(1);
    expect(service.bodies('asample').map((body) => body['seq_id'])).toEqual([0, 0]);
    await sampleOnce(client, session);
    expect(service.bodies('asample').at(-1)?.['seq_id']).toBe(1);
  });

  it.each([
    ['400 that the service explains', detail(400, 'max_tokens is currently required'), 'refused', 1],
    ['422', detail(422, 'bad'), 'refused', 1],
    ['400 of a proxy, four times', NOISE, 'refused', 4],
    ['409, four times', { status: 409 }, 'refused', 4],
    ['403', { status: 403 }, 'refused', 1],
    ['404', detail(404, 'Sampling session not found'), 'lost-sampler', 1],
    ['410', { status: 410 }, 'lost-sampler', 1],
    ['500, six times', { status: 500 }, 'failed', 6],
    ['a redirect', { status: 301, headers: { location: 'https://x/' } }, 'refused', 1],
  ] as const)('fails after %s', async (_, reply, outcome, times) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('asample', reply);
    expect(await outcomeOf(sampleOnce(client, session))).toBe(outcome);
    expect(service.requests('asample')).toHaveLength(times);
  });

  it.each([1, 3])('is sent again after a proxy answered 400 %i times', async (times) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.script('asample', ...Array.from({ length: times }, () => NOISE));
    expect(await outcomeOf(sampleOnce(client, session))).toBe('done');
  });

  it.each([
    ['429', 5, 429, {}, 1000],
    ['429 to a large prompt', 20_000, 429, {}, 5000],
    ['429 with Retry-After', 5, 429, { 'retry-after': '7' }, 7000],
    ['429 with retry-after-ms', 5, 429, { 'retry-after-ms': '70' }, 70],
    ['503 with Retry-After', 5, 503, { 'retry-after': '2' }, 2000],
    ['402', 5, 402, {}, 5000],
    ['425', 5, 425, {}, 1000],
    ['408', 5, 408, {}, 250],
  ])('waits its time after %s', async (_, length, status, headers, ms) => {
    const { service, client, clock } = await openClient();
    const samplingSession = await client.openSampling({ baseModel: 'base' });
    service.script('asample', { status, headers });
    clock.waits.length = 0;
    const params = { max_tokens: 1, temperature: 1, top_k: -1, top_p: 1 };
    await client.sample({ samplingSession, prompt: new Int32Array(length).fill(1), n: 1, params });
    expect(clock.waits).toEqual([ms]);
  });

  it('without a prompt or without completions is not sent', async () => {
    const { service, client } = await openClient();
    const request = {
      samplingSession: 'x',
      prompt: Int32Array.of(1),
      n: 1,
      params: { max_tokens: 1, temperature: 1, top_k: -1, top_p: 1 },
    };
    expect(await outcomeOf(client.sample({ ...request, n: 0 }))).toBe('refused');
    expect(await outcomeOf(client.sample({ ...request, prompt: new Int32Array() }))).toBe('refused');
    expect(service.requests('asample')).toEqual([]);
  });
});

describe('a training request', () => {
  const calls: [string, string, (model: RemoteModel) => Promise<unknown>][] = [
    ['a pass', 'forward_backward', (model) => model.forwardBackward([datum(1)], ENTROPY)],
    ['a step', 'optim_step', (model) => model.optimStep(ADAM)],
    ['a save', 'save_weights', (model) => model.saveWeights('a')],
    ['a save for samplers', 'save_weights_for_sampler', (model) => model.saveWeightsForSampler('a')],
  ];
  const rows = (actions: [string, Action][]) =>
    calls.flatMap(([what, route, call]) => actions.map(([why, action]) => ({ what, route, call, why, action })));

  it.each(rows(NOT_DONE))('$what: is sent again after $why, whatever the service', async ({ route, call, action }) => {
    const pair = await openClient({ idempotent: false }, { repeatTraining: false });
    const model = await withModel(pair);
    pair.service.script(route, action);
    expect(await outcomeOf(call(model))).toBe('done');
    expect(pair.service.done).toHaveLength(1);
  });

  it.each(rows(UNKNOWN))('$what: is done once after $why by a service that does each number once', async (row) => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script(row.route, row.action);
    expect(await outcomeOf(row.call(model))).toBe('done');
    expect(pair.service.done).toHaveLength(1);
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
  });

  it.each(rows(UNKNOWN))('$what: is not sent again after $why by any other service', async (row) => {
    const pair = await openClient({ idempotent: false }, { repeatTraining: false });
    const model = await withModel(pair);
    pair.service.script(row.route, row.action);
    expect(await outcomeOf(row.call(model))).toBe('unknown');
    expect(pair.service.done.length).toBeLessThanOrEqual(1);
    expect(pair.service.requests(row.route)).toHaveLength(route(row.route));
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('lost-model');
  });

  it.each([
    ['422', detail(422, 'bad'), 'refused'],
    ['404 of the model', detail(404, 'Model not found'), 'lost-model'],
    ['404 of the route', detail(404, 'Not Found'), 'refused'],
    ['410', { status: 410 }, 'lost-model'],
    ['409', { status: 409 }, 'refused'],
  ] as const)('fails after %s', async (_, reply, outcome) => {
    for (const [, path, call] of calls) {
      const pair = await openClient();
      const model = await withModel(pair);
      pair.service.always(path, reply);
      expect(await outcomeOf(call(model)), path).toBe(outcome);
      expect(await outcomeOf(model.loadWeights('tinker://x/weights/y', true))).toBe(
        outcome === 'lost-model' ? 'lost-model' : 'done',
      );
    }
  });

  it('that was refused after a lost answer has an unknown outcome', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('load_weights', 'lost', detail(400, 'LoadWeights is not permitted with seq_id 2'));
    expect(await outcomeOf(model.loadWeights('tinker://x/weights/y', true))).toBe('unknown');
  });

  it('to load a checkpoint that does not exist is refused; the model lives', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('load_weights', detail(404, 'Checkpoint not found: x/y'));
    expect(await outcomeOf(model.loadWeights('tinker://x/weights/y', true))).toBe('refused');
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
  });

  it('for a forward pass is sent again by any service: it changes nothing', async () => {
    for (const [, action] of UNKNOWN) {
      const pair = await openClient({ idempotent: false }, { repeatTraining: false });
      const model = await withModel(pair);
      pair.service.script('forward_backward', action);
      expect(await outcomeOf(model.forwardBackward([datum(1)], { ...ENTROPY, forwardOnly: true }))).toBe('done');
    }
  });
});

/** The encoding was found out with one pass before. */
function route(name: string): number {
  return name === 'forward_backward' ? 2 : 1;
}

describe('an optimizer step whose answer was lost', () => {
  it('is not sent again if a connection was refused since', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('optim_step', () => {
      // Gone before the answer, and back a moment later.
      void pair.service.stop();
      setTimeout(() => void pair.service.start(), 300);
      return 'lost';
    });
    const slow = outcomeOf(model.optimStep(ADAM));
    expect(await slow).toBe('unknown');
    expect(pair.service.done).toEqual([`step ${model.id} 2`]);
  });

  it('is not sent again if the service does not know the session any more', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('optim_step', 'lost');
    pair.service.script('session_heartbeat', detail(404, 'Session not found'));
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('unknown');
    expect(pair.service.requests('optim_step')).toHaveLength(1);
  });

  it('is not sent again if the service names another instance', async () => {
    const pair = await openClient({ instance: 'one' });
    const model = await withModel(pair);
    pair.service.script('optim_step', 'lost');
    pair.service.script('session_heartbeat', { body: {}, headers: { 'x-rzero-instance': 'two' } });
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('unknown');
    expect(pair.service.requests('optim_step')).toHaveLength(1);
  });
});

describe('a save whose name is taken', () => {
  it('was done by an earlier attempt, if the service lists the checkpoint', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('save_weights', 'lost');
    expect(await model.saveWeights('a')).toBe(`tinker://${model.id}/weights/a`);
    expect(pair.service.requests('checkpoints')).toHaveLength(1);
    // A sampler's checkpoint of the same name is another one.
    pair.service.script('save_weights_for_sampler', 'lost');
    expect(await model.saveWeightsForSampler('a')).toBe(`tinker://${model.id}/sampler_weights/a`);
  });

  it('is awaited while the service still writes it', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('save_weights', 'lost');
    pair.service.script('checkpoints', { body: { checkpoints: [] } }, { body: { checkpoints: [] } });
    expect(await outcomeOf(model.saveWeights('a'))).toBe('done');
    expect(pair.service.requests('checkpoints')).toHaveLength(3);
  });

  it('has an unknown outcome if it never appears', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('save_weights', 'lost');
    pair.service.always('checkpoints', { body: { checkpoints: [] } });
    expect(await outcomeOf(model.saveWeights('a'))).toBe('unknown');
  });

  it('is found as well when its promise is lost', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('retrieve_future', { status: 410 });
    expect(await model.saveWeights('a')).toBe(`tinker://${model.id}/weights/a`);
  });

  it('of a snapshot without a name gets another number', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('save_weights_for_sampler', 'lost', detail(409, 'exists'), detail(409, 'exists'));
    pair.service.script('save_weights_for_sampler', detail(409, 'exists'), detail(409, 'exists'));
    expect(await outcomeOf(sampleOnce(pair.client, await model.publish()))).toBe('done');
    expect(new Set(pair.service.bodies('save_weights_for_sampler').map((body) => body['seq_id'])).size).toBe(2);
  });

  it('of a snapshot whose answer was lost is made again by any service', async () => {
    const pair = await openClient({ idempotent: false }, { repeatTraining: false });
    const model = await withModel(pair);
    pair.service.script('save_weights_for_sampler', 'lost');
    expect(await outcomeOf(sampleOnce(pair.client, await model.publish()))).toBe('done');
  });
});

describe('the result of a sample request', () => {
  it.each([
    ['try_again', { body: { type: 'try_again', queue_state: 'active' } }],
    ['try_again without capacity', { body: { type: 'try_again', queue_state: 'paused_capacity' } }],
    ['metadata', { body: { status: 'complete_metadata', response_payload_size: 99 } }],
    ['408', { status: 408, body: { type: 'try_again', queue_state: 'active' } }],
    ['409', { status: 409 }],
    ['425', { status: 425 }],
    ...NOT_DONE.slice(0, 3),
    ...UNKNOWN,
    ['400 of a proxy', NOISE],
  ] as [string, Action][])('is asked for again after %s', async (_, action) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.script('retrieve_future', action, action);
    expect(await outcomeOf(sampleOnce(client, session))).toBe('done');
    expect(service.requests('asample')).toHaveLength(1);
    const iterations = service.requests('retrieve_future').map(({ headers }) => headers['x-tinker-request-iteration']);
    expect(iterations).toEqual(['0', '1', '2']);
  });

  it.each([
    ['410', { status: 410 }],
    ['404', detail(404, 'Future not found')],
  ])('is requested again with a new number after %s', async (_, reply) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.script('retrieve_future', reply, reply);
    expect(await outcomeOf(sampleOnce(client, session))).toBe('done');
    expect(service.bodies('asample').map((body) => body['seq_id'])).toEqual([0, 1, 2]);
  });

  it('that the service loses again and again is given up', async () => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('retrieve_future', { status: 410 });
    expect(await outcomeOf(sampleOnce(client, session))).toBe('lost-sampler');
  });

  it.each([
    ['400 with a detail', detail(400, 'topk_prompt_logprobs is not supported'), 'failed', 1],
    [
      '400 with an error_message',
      { status: 400, body: { type: 'RequestFailedResponse', error_message: 'x' } },
      'failed',
      1,
    ],
    ['200 with an error', { body: { error: 'x', category: 'user' } }, 'failed', 1],
    ['200 with RequestFailedResponse', { body: { type: 'RequestFailedResponse', error_message: 'x' } }, 'failed', 1],
    ['400 of a proxy, four times', NOISE, 'failed', 4],
    ['500, eleven times', { status: 500 }, 'failed', 11],
    ['a model that is gone', detail(400, 'Model m1 not loaded (likely stale request)'), 'lost-sampler', 1],
    ['fewer completions than requested', { body: { sequences: [] } }, 'failed', 1],
  ] as const)('has failed after %s', async (_, reply, outcome, times) => {
    const { service, client } = await openClient();
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('retrieve_future', reply);
    expect(await outcomeOf(sampleOnce(client, session))).toBe(outcome);
    expect(service.requests('retrieve_future')).toHaveLength(times);
    expect(service.requests('asample')).toHaveLength(1);
  });

  it('is awaited beyond the patience while the service answers now and then', async () => {
    const { service, client, clock } = await openClient({}, { patience: 100 });
    const session = await client.openSampling({ baseModel: 'base' });
    const away = Array.from({ length: 6 }, () => ({ status: 503 }));
    const pending = { body: { type: 'try_again', queue_state: 'active' } };
    service.script('retrieve_future', ...Array.from({ length: 20 }, () => [...away, pending]).flat());
    expect(await outcomeOf(sampleOnce(client, session))).toBe('done');
    expect(clock.now()).toBeGreaterThan(150_000);
  });

  it('is given up after the deadline, whatever the service says', async () => {
    const { service, client, clock } = await openClient({}, { deadline: 30 });
    const session = await client.openSampling({ baseModel: 'base' });
    service.always('retrieve_future', { body: { type: 'try_again', queue_state: 'active' } });
    expect(await outcomeOf(sampleOnce(client, session))).toBe('failed');
    expect(clock.now()).toBeGreaterThan(30_000);
    // Short answers in a row are no reason for a busy loop.
    expect(service.requests('retrieve_future').length).toBeLessThan(200);
  });
});

describe('the result of a training request', () => {
  it.each([...NOT_DONE, ...UNKNOWN])('is asked for again after %s, whatever the service', async (_, action) => {
    const pair = await openClient({ idempotent: false }, { repeatTraining: false });
    const model = await withModel(pair);
    pair.service.script('retrieve_future', action);
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
    expect(pair.service.done).toEqual([`step ${model.id} 2`]);
  });

  it.each([
    ['410', { status: 410 }, 'lost-model'],
    ['404', detail(404, 'Future not found'), 'lost-model'],
    ['a model that is gone', detail(400, 'Model m1 not loaded (likely stale request)'), 'lost-model'],
    ['400 with a detail', detail(400, 'no'), 'failed'],
    ['200 with an error', { body: { error: 'x', category: 'server' } }, 'failed'],
    ['500, eleven times', { status: 500 }, 'unknown'],
  ] as const)('has failed after %s', async (_, reply, outcome) => {
    const pair = await openClient();
    const model = await withModel(pair);
    pair.service.script('retrieve_future', ...Array.from({ length: 11 }, () => reply));
    expect(await outcomeOf(model.forwardBackward([datum(1)], ENTROPY))).toBe(outcome);
    expect(pair.service.done).toHaveLength(1);
    pair.service.script('retrieve_future', 'pass');
    expect(pair.service.requests('forward_backward')).toHaveLength(2);
  });

  it('is given up after the deadline with an unknown outcome', async () => {
    const pair = await openClient({}, { deadline: 30 });
    const model = await withModel(pair);
    pair.service.always('retrieve_future', { body: { type: 'try_again' } });
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('unknown');
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('lost-model');
  });
});

describe('a checkpoint', () => {
  it('is deleted, and one that is gone is no error', async () => {
    const pair = await openClient();
    const model = await withModel(pair);
    const path = await model.saveWeights('a');
    await pair.client.deleteCheckpoint(path);
    await pair.client.deleteCheckpoint(path);
    expect([...pair.service.checkpoints]).toEqual([]);
  });

  it.each(['a', 'tinker://', 'tinker://run', 'tinker://run/other/name', 'tinker://run/weights/a/b', '/etc/passwd'])(
    'with the path %s is refused',
    async (path) => {
      const { client } = await openClient();
      expect(await outcomeOf(client.deleteCheckpoint(path))).toBe('refused');
    },
  );
});
