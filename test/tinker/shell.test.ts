/** Attacks on the HTTP shell, over real sockets. Whatever comes in, the answer is JSON or a closed connection. */

import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, EngineError, StoreError } from '../../src/errors.ts';
import { send } from '../fixtures/serve/client.ts';
import { openTestServer, type TestServer } from '../fixtures/serve/server.ts';

const KEY = 'tml-0123456789abcdef';
const WITH_KEY = { 'X-API-Key': KEY };
const BODY_BYTES = 100_000;

let server: TestServer;
let port: number;
beforeAll(async () => {
  const limits = { bodyBytes: BODY_BYTES, bodiesBytes: 150_000, connections: 20, headersMs: 700, requestMs: 1500 };
  server = await openTestServer({ key: KEY, allowHosts: ['gpu-box'], limits });
  port = Number(new URL(server.url).port);
});
afterAll(() => server.close());

const sockets: Socket[] = [];
afterAll(() => sockets.forEach((socket) => socket.destroy()));

function open(): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** Sends bytes, and returns everything that comes back until the connection is closed. */
async function exchange(text: string, socket = open()): Promise<string> {
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write(text);
  await closed;
  return received;
}

/** Status and JSON body of a raw answer. */
function parsed(answer: string): { status: number; body: unknown } {
  const [head, body] = answer.split('\r\n\r\n', 2);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), body: JSON.parse(body) };
}

function raw(lines: readonly string[], body = ''): string {
  return [...lines, 'Connection: close', '', body].join('\r\n');
}

const refused = (status: number) => ({ status, body: { detail: expect.any(String), category: 'user' } });

describe('who may talk to the server', () => {
  it('no caller with the name of another host', async () => {
    for (const host of ['evil.com', `evil.com:${port}`, 'localhost.evil.com']) {
      const answer = await exchange(raw(['GET /api/v1/healthz HTTP/1.1', `Host: ${host}`, `X-API-Key: ${KEY}`]));
      expect(parsed(answer)).toEqual(refused(421));
    }
    for (const host of ['localhost', '127.0.0.1', `gpu-box:${port}`]) {
      const answer = await exchange(raw(['GET /api/v1/healthz HTTP/1.1', `Host: ${host}`, `X-API-Key: ${KEY}`]));
      expect(parsed(answer)).toEqual({ status: 200, body: { status: 'ok' } });
    }
    expect(parsed(await exchange(raw(['GET /api/v1/healthz HTTP/1.1', `X-API-Key: ${KEY}`])))).toEqual(refused(400));
  });

  it('no web page, with any method', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE', 'PUT', 'PATCH']) {
      const answer = await send(`${server.url}/api/v1/create_session`, undefined, {
        method,
        headers: { ...WITH_KEY, Origin: 'https://evil.com' },
      });
      expect(answer).toEqual(refused(403));
    }
  });

  it('no caller without the key, at any address', async () => {
    const paths = ['healthz', 'get_server_capabilities', 'training_runs', 'create_session', 'nothing', '../x'];
    for (const path of paths) {
      for (const key of ['', 'tml-wrong', KEY.slice(1)]) {
        const headers = { 'X-API-Key': key };
        expect(await send(`${server.url}/api/v1/${path}`, undefined, { headers })).toEqual(refused(401));
      }
    }
    expect((await send(`${server.url}/api/v1/downloads/guess`)).status).toBe(404);
  });
});

describe('what the server does not take', () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    send(`${server.url}/api/v1/create_session`, body, { headers: { ...WITH_KEY, ...headers } });

  it('a body that is too large, with a length or without', async () => {
    const large = JSON.stringify({ user_metadata: { text: 'x'.repeat(BODY_BYTES) } });
    const head = ['POST /api/v1/create_session HTTP/1.1', 'Host: localhost', `X-API-Key: ${KEY}`];
    const json = 'Content-Type: application/json';
    const declared = await exchange(raw([...head, json, 'Content-Length: 1000000000']));
    expect(parsed(declared)).toEqual(refused(413));
    const chunk = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    expect(parsed(await exchange(raw([...head, json, 'Transfer-Encoding: chunked'], chunk)))).toEqual(refused(413));
  });

  it('more bodies at once than it has room for', async () => {
    const head = ['POST /api/v1/create_session HTTP/1.1', 'Host: localhost', `X-API-Key: ${KEY}`];
    const lines = [...head, 'Content-Type: application/json', `Content-Length: ${BODY_BYTES}`];
    const first = open();
    first.write([...lines, '', '{'].join('\r\n'));
    await pause(100);
    const { status, body } = parsed(await exchange(raw(lines, '{')));
    expect(status).toBe(429);
    expect(body).toMatchObject({ category: 'server' });
    first.destroy();
    await expect.poll(() => post('{}').then((answer) => answer.status)).toBe(200);
  });

  it('other types of bodies, other text than JSON, and a body that is cut off', async () => {
    expect(await post('{}', { 'Content-Type': 'text/plain' })).toEqual(refused(415));
    expect(await post('{}', { 'Content-Type': 'multipart/form-data' })).toEqual(refused(415));
    for (const body of ['{', '[]', 'null', '1', '{"a":NaN}', '\u0000']) expect(await post(body)).toEqual(refused(400));
    const socket = open();
    socket.write(
      [
        'POST /api/v1/create_session HTTP/1.1',
        'Host: localhost',
        `X-API-Key: ${KEY}`,
        'Content-Type: application/json',
        'Content-Length: 100',
        '',
        '{',
      ].join('\r\n'),
    );
    await pause(50);
    socket.destroy();
    expect((await post('{}')).status).toBe(200);
  });

  it('headers that are too large, and what is no HTTP', async () => {
    const large = await exchange(raw(['GET / HTTP/1.1', 'Host: localhost', `X-Large: ${'x'.repeat(20_000)}`]));
    expect(parsed(large)).toEqual(refused(431));
    expect(parsed(await exchange('\u0016\u0003\u0001 hello\r\n\r\n'))).toEqual(refused(400));
    const both = raw(
      ['POST / HTTP/1.1', 'Host: localhost', 'Content-Length: 5', 'Transfer-Encoding: chunked'],
      '0\r\n\r\n',
    );
    expect(parsed(await exchange(both))).toEqual(refused(400));
  });

  it('headers or bodies that come too slowly', async () => {
    expect(parsed(await exchange('GET /api/v1/healthz HTTP/1.1\r\nHost: loc'))).toEqual(refused(408));
    const head = ['POST /api/v1/create_session HTTP/1.1', 'Host: localhost', `X-API-Key: ${KEY}`];
    const slow = [...head, 'Content-Type: application/json', 'Content-Length: 50', '', '{'].join('\r\n');
    expect(await exchange(slow)).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it('more connections than its limit, and it goes on when they are closed', async () => {
    const many = Array.from({ length: 40 }, open);
    await pause(200);
    expect(many.filter((socket) => socket.destroyed || socket.readyState !== 'open').length).toBeGreaterThan(15);
    many.forEach((socket) => socket.destroy());
    await expect
      .poll(() =>
        post('{}')
          .then((answer) => answer.status)
          .catch(() => 0),
      )
      .toBe(200);
  });
});

describe('addresses that do not exist', () => {
  it.each([
    '/',
    '/api/v1',
    '/api/v1/../../etc/passwd',
    '/api/v1/training_runs/..%2f..%2fetc/checkpoints',
    '/api/v1/training_runs/%2e%2e/checkpoints/weights/x/archive',
    '/api/v1/training_runs/a:train:0/checkpoints/weights/..%2f..%2fx/archive',
    '/api/v1/training_runs/a:train:0/checkpoints/..%2fweights/x/archive',
    '/api/v1/sessions/..%00',
    '/api/v1/samplers/%ff',
    '/%E0%A4%A',
  ])('%s is a 4xx', async (path) => {
    for (const method of ['GET', 'DELETE', 'POST']) {
      const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', `X-API-Key: ${KEY}`];
      const { status } = parsed(await exchange(raw([...head, 'Content-Length: 0'])));
      expect([400, 404, 415]).toContain(status);
    }
  });
});

describe('a server that cannot be opened', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', 'gpu-box'])('on %s without a key', async (host) => {
    await expect(openTestServer({ host })).rejects.toThrow(ConfigError);
  });

  it('with a short key, on a port in use, or on a folder in use', async () => {
    await expect(openTestServer({ key: 'tml-short' })).rejects.toThrow(ConfigError);
    await expect(openTestServer({ port })).rejects.toThrow(EngineError);
    await expect(openTestServer({ checkpoints: `${server.root}/checkpoints` })).rejects.toThrow(StoreError);
  });
});
