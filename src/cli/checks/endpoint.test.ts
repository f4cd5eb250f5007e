import { afterEach, expect, it } from 'vitest';
import { refuses, startChatServer, status, type ChatServer } from '../../../test/fixtures/chat-server.ts';
import { checkEndpoint } from './endpoint.ts';

let server: ChatServer | null = null;
afterEach(async () => server?.close());

it('an endpoint that replies is good, and its reply is shown', async () => {
  server = await startChatServer();
  const check = await checkEndpoint(server.url);
  expect(check).toMatchObject({ name: 'endpoint', state: 'good', advice: null });
  expect(check.found).toMatch(/^http:\/\/127.0.0.1:\d+\/v1#tiny replies "What is 2 \+ 2\?.*…" in 0\.\d s$/);
});

it('one that lacks something is poor, and says what', async () => {
  server = await startChatServer({ always: refuses('seed', 400, 'unknown field seed') });
  expect(await checkEndpoint(server.url)).toMatchObject({
    state: 'poor',
    advice: 'The server takes no seed: samples cannot be drawn again.',
  });
});

it('one that refuses is missing, with what to do', async () => {
  server = await startChatServer({ always: status(401, { error: { message: 'no key' } }) });
  const check = await checkEndpoint(server.url);
  expect(check).toMatchObject({ state: 'missing' });
  expect(check.found).toContain('refused the request (HTTP 401): no key');
  expect(check.advice).toMatch(/environment variable/);
});
