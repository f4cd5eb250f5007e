import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { type FaultKind, HttpClient, HttpFault } from './http.ts';

/** Starts a server that treats every connection like this; returns its address. */
async function raw(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function faultAt(url: string, timeoutMs = 5000): Promise<FaultKind> {
  const http = new HttpClient(url, 1);
  onTestFinished(() => http.close());
  const request = { method: 'POST', path: '/x', body: '{}', timeoutMs } as const;
  const error = await http.send(request).catch((each: unknown) => each);
  if (!(error instanceof HttpFault)) throw new Error(`no fault: ${String(error)}`);
  return error.kind;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n';

describe('a request without an answer', () => {
  it('was not sent to a port without a server, or to an unknown host', async () => {
    expect(await faultAt('http://127.0.0.1:9')).toBe('not-sent');
    expect(await faultAt('http://localhost:9')).toBe('not-sent');
    expect(await faultAt('http://no-such-host.invalid')).toBe('not-sent');
  });

  it.each([
    ['closes the connection', (socket: Socket) => socket.on('data', () => socket.end())],
    ['resets it', (socket: Socket) => socket.on('data', () => socket.resetAndDestroy())],
    ['closes it at once', (socket: Socket) => socket.end()],
    ['closes it in the middle of the answer', (socket: Socket) => socket.on('data', () => socket.end(`${HEAD}half`))],
    ['closes it in the middle of the head', (socket: Socket) => socket.on('data', () => socket.end(HEAD.slice(0, 20)))],
    ['speaks another protocol', (socket: Socket) => socket.on('data', () => socket.end('SSH-2.0-x\r\n'))],
  ])('may have been done if the service %s', async (_, talk) => {
    expect(await faultAt(await raw(talk))).toBe('lost');
  });

  it('may have been done if the service does not answer in time', async () => {
    expect(await faultAt(await raw(() => {}), 50)).toBe('timeout');
    const half = await raw((socket) => socket.on('data', () => socket.write(`${HEAD}half`)));
    expect(await faultAt(half, 50)).toBe('timeout');
  });

  it('cannot be had if the service speaks no TLS', async () => {
    const url = await raw((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await faultAt(url.replace('http:', 'https:'))).toBe('unusable');
  });
});

describe('the address of a service', () => {
  it('may have a path, and a slash at the end', async () => {
    const seen: string[] = [];
    const url = await raw((socket) =>
      socket.on('data', (data) => {
        seen.push(String(data).split('\r\n')[0]);
        socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
      }),
    );
    for (const end of ['', '/', '/services/prod', '/services/prod/']) {
      const http = new HttpClient(url + end, 1);
      await http.send({ method: 'GET', path: '/api?x=1', timeoutMs: 5000 });
      await http.close();
    }
    expect(seen).toEqual([
      'GET /api?x=1 HTTP/1.1',
      'GET /api?x=1 HTTP/1.1',
      'GET /services/prod/api?x=1 HTTP/1.1',
      'GET /services/prod/api?x=1 HTTP/1.1',
    ]);
  });
});
