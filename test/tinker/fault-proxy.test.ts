import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultCounts, startFaultProxy } from './fault-proxy.ts';
import type { FaultProxy, ProxyOptions } from './fault-proxy.ts';
import type { Fault } from './fault-schedule.ts';

/** A service that answers every request with its place and its body, and remembers it. */
let service: Server;
let seen: { path: string; body: string; headers: IncomingMessage['headers'] }[];
let proxy: FaultProxy | null;

beforeEach(async () => {
  seen = [];
  proxy = null;
  service = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    seen.push({ path: request.url ?? '', body, headers: request.headers });
    response
      .writeHead(201, { 'content-type': 'text/plain', 'x-answer': 'yes' })
      .end(`answer ${seen.length} to ${body}`);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await proxy?.close();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

function upstream(): string {
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
}

/** Starts a proxy whose first request gets the fault, and no other. */
async function start(fault: Fault, options: Partial<ProxyOptions> = {}): Promise<FaultProxy> {
  proxy = await startFaultProxy({ upstream: upstream(), seed: 1, rate: 1, faults: [fault], max: 1, ...options });
  return proxy;
}

/** Sends a request; returns status and body, or `broken` if no complete answer came. */
async function send(body: string, route = 'asample'): Promise<string> {
  try {
    const response = await fetch(`${proxy?.url}/api/v1/${route}?x=1`, {
      method: 'POST',
      body,
      headers: { 'x-tinker-request-type': 'Sample', 'x-api-key': 'k' },
    });
    return `${response.status} ${await response.text()}`;
  } catch {
    return 'broken';
  }
}

describe('without a fault', () => {
  it('passes on method, path, headers and body, and the answer', async () => {
    await start('500', { rate: 0 });
    expect(await send('hello')).toBe('201 answer 1 to hello');
    expect(seen).toEqual([
      { path: '/api/v1/asample?x=1', body: 'hello', headers: expect.objectContaining({ 'x-api-key': 'k' }) },
    ]);
    expect(proxy?.requests).toEqual([{ route: 'asample', fault: null, answered: 1 }]);
  });
});

describe('a fault', () => {
  it.each<[Fault, string, string]>([
    ['429', 'asample', '429 {"detail":"injected by the proxy"}'],
    ['429-after', 'asample', '429 {"detail":"injected by the proxy"}'],
    ['408', 'asample', '408 {"detail":"injected by the proxy"}'],
    ['500', 'optim_step', '500 {"detail":"injected by the proxy"}'],
    ['503', 'asample', '503 {"detail":"injected by the proxy"}'],
    ['502-html', 'asample', '502 <html><body>Bad gateway</body></html>'],
    ['410-sample', 'retrieve_future', '410 {"detail":"injected by the proxy"}'],
    ['try-again', 'retrieve_future', '200 {"type":"try_again","request_id":"x","queue_state":"paused_capacity"}'],
    ['lost-request', 'asample', 'broken'],
    ['reset', 'asample', 'broken'],
  ])('%s is not seen by the service', async (fault, route, answer) => {
    await start(fault);
    expect(await send('a', route)).toBe(answer);
    expect(seen).toEqual([]);
    expect(await send('a', route)).toBe('201 answer 1 to a');
    expect(proxy && faultCounts(proxy)).toEqual({ [fault]: 1 });
  });

  it('429-after says when to come back', async () => {
    const { url } = await start('429-after');
    const response = await fetch(`${url}/asample`, { method: 'POST', body: '' });
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it.each<[Fault]>([['lost-answer'], ['cut']])('%s is done by the service, and the answer is lost', async (fault) => {
    await start(fault);
    expect(await send('a')).toBe('broken');
    expect(seen).toHaveLength(1);
    expect(await send('a')).toBe('201 answer 2 to a');
  });

  it('cut sends the first half of the body', async () => {
    const { url } = await start('cut');
    const response = await fetch(`${url}/asample`, { method: 'POST', body: 'abcd' });
    let text = '';
    await expect(async () => {
      for await (const part of response.body ?? []) text += new TextDecoder().decode(part);
    }).rejects.toThrow('terminated');
    expect(response.status).toBe(201);
    expect('answer 1 to abcd'.startsWith(text)).toBe(true);
    expect(text.length).toBeLessThanOrEqual('answer 1 to abcd'.length / 2);
  });

  it('duplicate sends the request twice, and returns the second answer', async () => {
    await start('duplicate');
    expect(await send('a')).toBe('201 answer 2 to a');
    expect(seen.map(({ body }) => body)).toEqual(['a', 'a']);
    expect(proxy?.requests[0].answered).toBe(2);
  });

  it('delay and slow change nothing else', async () => {
    await start('delay', { times: { delay: 20 } });
    expect(await send('a')).toBe('201 answer 1 to a');
    await proxy?.close();
    await start('slow', { times: { slow: 1 } });
    const long = 'x'.repeat(3000);
    expect(await send(long)).toBe(`201 answer 2 to ${long}`);
  });

  it('hold lets the next request overtake', async () => {
    await start('hold', { times: { hold: 30_000 } });
    const first = send('first');
    while (proxy?.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await send('second')).toBe('201 answer 1 to second');
    expect(await first).toBe('201 answer 2 to first');
  });

  it('hold ends by itself', async () => {
    await start('hold', { times: { hold: 20 } });
    expect(await send('first')).toBe('201 answer 1 to first');
  });

  it('down breaks all connections', async () => {
    await start('down', { times: { down: 1e9 } });
    expect([await send('a'), await send('a'), await send('b', 'get_info')]).toEqual(['broken', 'broken', 'broken']);
    expect(seen).toEqual([]);
  });

  it('down ends by itself', async () => {
    await start('down', { times: { down: 50 } });
    let answer = await send('a');
    expect(answer).toBe('broken');
    while (answer === 'broken') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answer = await send('a');
    }
    expect(answer).toBe('201 answer 1 to a');
  });

  it('restart calls the hook, loses the request, and lets others wait', async () => {
    let restarted = 0;
    let finish: () => void = () => {};
    const restart = (): Promise<void> => {
      restarted++;
      return new Promise((resolve) => (finish = resolve));
    };
    await start('restart', { restart });
    const lost = send('a');
    while (restarted === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const waiting = send('b');
    while (proxy?.requests.length !== 2) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(seen).toEqual([]);
    finish();
    expect(await lost).toBe('broken');
    expect(await waiting).toBe('201 answer 1 to b');
  });

  it('is followed by the faults of another schedule', async () => {
    await start('500');
    expect(await send('a')).toMatch(/^500/);
    expect(await send('b')).toMatch(/^201/);
    proxy?.begin({ seed: 1, rate: 1, faults: ['503'], max: 1 });
    expect(await send('c')).toMatch(/^503/);
    expect(proxy?.requests).toEqual([{ route: 'asample', fault: '503', answered: 0 }]);
  });

  it('reaches a service that has moved', async () => {
    let url = 'http://127.0.0.1:1';
    await start('500', { rate: 0, upstream: () => url });
    expect(await send('a')).toBe('broken');
    url = upstream();
    expect(await send('a')).toBe('201 answer 1 to a');
  });
});
