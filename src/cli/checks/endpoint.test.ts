import { afterEach, expect, it } from 'vitest';
import { refuses, startChatServer, status, type ChatServer } from '../../../test/fixtures/chat-server.ts';
import { checkEndpoint } from './endpoint.ts';

let server: ChatServer | null = null;
afterEach(async () => server?.close());

it('reports an endpoint that replies as good, with its reply', async () => {
  server = await startChatServer();
  const check = await checkEndpoint(server.url);
  expect(check).toMatchObject({ name: 'endpoint', state: 'good', advice: null });
  expect(check.found).toMatch(/^http:\/\/127.0.0.1:\d+\/v1#tiny replies "What is 2 \+ 2\?.*…" in 0\.\d s$/);
});

it('reports an endpoint without seeds as poor, with the reason', async () => {
  server = await startChatServer({ always: refuses('seed', 400, 'unknown field seed') });
  expect(await checkEndpoint(server.url)).toMatchObject({
    state: 'poor',
    advice: 'The server does not support a seed: samples cannot be reproduced.',
  });
});

it('reports an endpoint that rejects requests as missing, with advice', async () => {
  server = await startChatServer({ always: status(401, { error: { message: 'no key' } }) });
  const check = await checkEndpoint(server.url);
  expect(check).toMatchObject({ state: 'missing' });
  expect(check.found).toContain('rejected the request (HTTP 401): no key');
  expect(check.advice).toMatch(/environment variable/);
});
