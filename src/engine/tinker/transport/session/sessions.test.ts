import { Worker } from 'node:worker_threads';

import { describe, expect, it } from 'vitest';

import { openClient, outcomeOf } from '../../../../../test/tinker/open-client.ts';
import { detail } from '../../../../../test/tinker/scripted-service.ts';
import { connect } from '../connect.ts';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a session', () => {
  it('is made once, when it is needed, with its tags', async () => {
    const { service, client } = await openClient({}, { tags: ['run-1', 'rzero'] });
    await client.supportedModels();
    expect(service.requests('create_session')).toEqual([]);
    await Promise.all([client.createModel('base', { rank: 4 }), client.openSampling({ baseModel: 'base' })]);
    expect(service.bodies('create_session')).toEqual([
      { tags: ['run-1', 'rzero'], user_metadata: { client: 'rzero' }, sdk_version: '0.25.0', type: 'create_session' },
    ]);
  });

  it('that a heartbeat finds gone is made again', async () => {
    const { service, client } = await openClient({}, { heartbeat: 0.05 });
    await client.createModel('base', { rank: 4 });
    service.forget();
    const before = service.requests('session_heartbeat').length;
    await until(() => service.requests('session_heartbeat').length > before);
    // A session that is known to be gone gets no more heartbeats.
    for (let seen = -1, i = 0; i < 20 && seen !== service.requests('session_heartbeat').length; i++) {
      seen = service.requests('session_heartbeat').length;
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(await outcomeOf(client.createModel('base', { rank: 4 }))).toBe('done');
    expect(service.requests('create_session')).toHaveLength(2);
    // The call did not have to fail first.
    expect(service.requests('create_model')).toHaveLength(2);
  });

  it('is kept if the service knows it, but not the base model', async () => {
    const { service, client } = await openClient();
    service.script('create_model', detail(404, 'Base model not found'));
    expect(await outcomeOf(client.createModel('other', { rank: 4 }))).toBe('refused');
    expect(service.requests('create_session')).toHaveLength(1);
  });
});

describe('heartbeats', () => {
  it('come while the main thread is busy for longer than the service waits', async () => {
    // The service runs in a thread of its own: the main thread is blocked.
    const code = `
      const { createServer } = require('node:http');
      const { parentPort } = require('node:worker_threads');
      let count = 0;
      const server = createServer((request, response) => {
        let body = '';
        request.on('data', (part) => { body += part; });
        request.on('end', () => {
          if (request.url.endsWith('session_heartbeat')) count++;
          const session = request.url.endsWith('create_session');
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(session ? '{"session_id":"s"}' : '{"sampling_session_id":"x"}');
        });
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
      parentPort.on('message', () => parentPort.postMessage(count));
    `;
    const worker = new Worker(code, { eval: true });
    const next = (): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
    const client = await connect({
      url: `http://127.0.0.1:${String(await next())}`,
      concurrency: 1,
      patience: 5,
      heartbeat: 0.1,
    });
    const counted = async (): Promise<number> => {
      const answer = next();
      worker.postMessage('count');
      return Number(await answer);
    };
    try {
      await client.openSampling({ baseModel: 'base' });
      let before = 0;
      while (before === 0) before = await counted();
      const end = performance.now() + 3000;
      while (performance.now() < end);
      // Without their own thread there would be none.
      expect(await counted()).toBeGreaterThan(before + 2);
    } finally {
      await client.close();
      await worker.terminate();
    }
  });
});
