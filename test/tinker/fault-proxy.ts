/**
 * An HTTP proxy in front of any Tinker service, which puts seeded faults into the traffic (`fault-schedule.ts`). Alone:
 *
 *     tsx test/tinker/fault-proxy.ts PORT URL [--seed 1] [--rate 0.15] [--faults 429,cut,…] [--max N] [--repeat 3]
 */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { FAULTS, FaultSchedule } from './fault-schedule.ts';
import type { Fault, ScheduleOptions } from './fault-schedule.ts';

export interface ProxyOptions extends ScheduleOptions {
  /** Address of the service; a function if it changes with a restart. */
  upstream: string | (() => string);
  /** 0 or absent takes any free port. */
  port?: number;
  /** Restarts the service; needed for the fault `restart`. */
  restart?: () => Promise<void>;
  /** Milliseconds of the faults that take time. */
  times?: Partial<Record<'delay' | 'hold' | 'down' | 'slow', number>>;
}

/** One request that came to the proxy. */
export interface ProxiedRequest {
  route: string;
  fault: Fault | null;
  /** Whether the service has answered it; twice for a duplicate. */
  answered: number;
}

export interface FaultProxy {
  readonly url: string;
  /** All requests so far, in the order of their arrival. */
  readonly requests: readonly ProxiedRequest[];
  /** Begins another schedule, and forgets the requests so far. */
  begin(schedule: ScheduleOptions): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const TIMES = { delay: 300, hold: 1000, down: 1000, slow: 20 };
/** Bytes that a slow answer sends at once. */
const DRIP = 256;
/** Headers of one connection, and lengths that the proxy sets itself. */
const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'upgrade', 'host', 'content-length']);

const ANSWERS = new Map<Fault, Answer>([
  ['429', injected(429)],
  ['429-after', injected(429, { 'retry-after': '1' })],
  ['408', injected(408)],
  ['410-sample', injected(410)],
  ['500', injected(500)],
  ['503', injected(503)],
  [
    '502-html',
    {
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from('<html><body>Bad gateway</body></html>'),
    },
  ],
  [
    'try-again',
    {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"type":"try_again","request_id":"x","queue_state":"paused_capacity"}'),
    },
  ],
]);

function injected(status: number, headers: IncomingHttpHeaders = {}): Answer {
  const body = Buffer.from('{"detail":"injected by the proxy"}');
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

class Proxy implements FaultProxy {
  requests: ProxiedRequest[] = [];
  readonly #options: ProxyOptions;
  #schedule: FaultSchedule;
  readonly #times: typeof TIMES;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  readonly #sockets = new Set<Socket>();
  readonly #stop = new AbortController();
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch(() => request.socket.destroy());
  });
  /** Called when a request has been answered, to let go of those that are held. */
  readonly #waiting = new Set<() => void>();
  #downUntil = 0;
  #restarting: Promise<void> = Promise.resolve();
  #port = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#schedule = new FaultSchedule(options);
    this.#times = { ...TIMES, ...options.times };
    this.#server.on('connection', (socket) => {
      if (performance.now() < this.#downUntil) return void socket.resetAndDestroy();
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      // A client that goes away is no error of the proxy.
      socket.on('error', () => {});
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  begin(schedule: ScheduleOptions): void {
    this.#schedule = new FaultSchedule(schedule);
    this.requests = [];
    this.#downUntil = 0;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const release of this.#waiting) release();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? '').split('?')[0];
    const route = path.slice(path.lastIndexOf('/') + 1);
    const key = createHash('sha256').update(path).update(body).digest('hex');
    const samplePoll = route === 'retrieve_future' && request.headers['x-tinker-request-type'] === 'Sample';
    const fault = this.#schedule.next({ route, key, samplePoll });
    const entry: ProxiedRequest = { route, fault, answered: 0 };
    this.requests.push(entry);
    const ready = fault === null ? undefined : ANSWERS.get(fault);
    if (ready) return this.#send(response, ready);
    if (await this.#loses(fault, request)) return;
    if (fault === 'delay') await sleep(this.#times.delay, undefined, { signal: this.#stop.signal });
    if (fault === 'hold') await this.#held();
    await this.#restarting;
    const answer = await this.#forward(request, body, entry);
    const last = fault === 'duplicate' ? await this.#forward(request, body, entry) : answer;
    for (const release of this.#waiting) release();
    if (fault === 'lost-answer') return void request.socket.destroy();
    if (fault === 'cut') return cut(response, last);
    if (fault === 'slow') return this.#drip(response, last);
    this.#send(response, last);
  }

  /** Does the faults that lose a request; false if it is to be passed on. */
  async #loses(fault: Fault | null, request: IncomingMessage): Promise<boolean> {
    switch (fault) {
      case 'lost-request':
        request.socket.destroy();
        return true;
      case 'reset':
        request.socket.resetAndDestroy();
        return true;
      case 'down':
        this.#downUntil = performance.now() + this.#times.down;
        for (const socket of this.#sockets) socket.resetAndDestroy();
        return true;
      case 'restart':
        // Requests that come meanwhile wait for the service.
        this.#restarting = this.#restarting.then(() => this.#options.restart?.());
        await this.#restarting;
        request.socket.destroy();
        return true;
      default:
        return false;
    }
  }

  /** Waits until another request has been answered, or for a while. */
  async #held(): Promise<void> {
    const done = new AbortController();
    const release = (): void => done.abort();
    this.#waiting.add(release);
    await sleep(this.#times.hold, undefined, { signal: done.signal }).catch(() => {});
    this.#waiting.delete(release);
  }

  async #forward(request: IncomingMessage, body: Buffer, entry: ProxiedRequest): Promise<Answer> {
    const { upstream } = this.#options;
    const base = typeof upstream === 'string' ? upstream : upstream();
    const sent = httpRequest(base.replace(/\/$/, '') + (request.url ?? ''), {
      method: request.method,
      agent: this.#agent,
      headers: { ...withoutHop(request.headers), 'content-length': body.length },
      signal: this.#stop.signal,
    });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const read = await bodyOf(answer);
    entry.answered++;
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: read };
  }

  #send(response: ServerResponse, { status, headers, body }: Answer): void {
    response.writeHead(status, { ...withoutHop(headers), 'content-length': body.length });
    response.end(body);
  }

  async #drip(response: ServerResponse, { status, headers, body }: Answer): Promise<void> {
    response.writeHead(status, { ...withoutHop(headers), 'content-length': body.length });
    for (let at = 0; at < body.length; at += DRIP) {
      response.write(body.subarray(at, at + DRIP));
      await sleep(this.#times.slow, undefined, { signal: this.#stop.signal });
    }
    response.end();
  }
}

/** Sends half of the body, and ends the connection. */
function cut(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...withoutHop(headers), 'content-length': Math.max(body.length, 1) });
  response.flushHeaders();
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
}

function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Starts a proxy on this machine. */
export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const proxy = new Proxy(options);
  await proxy.listen();
  return proxy;
}

/** Counts the faults of a proxy so far, by name. */
export function faultCounts(proxy: FaultProxy): Partial<Record<Fault, number>> {
  const counts: Partial<Record<Fault, number>> = {};
  for (const { fault } of proxy.requests) if (fault !== null) counts[fault] = (counts[fault] ?? 0) + 1;
  return counts;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      rate: { type: 'string', default: '0.15' },
      faults: { type: 'string', default: FAULTS.filter((fault) => fault !== 'restart').join(',') },
      max: { type: 'string' },
      repeat: { type: 'string' },
    },
  });
  const [port, upstream] = positionals;
  const proxy = await startFaultProxy({
    port: Number(port),
    upstream,
    seed: Number(values.seed),
    rate: Number(values.rate),
    faults: FAULTS.filter((fault) => values.faults.split(',').includes(fault)),
    ...(values.max !== undefined && { max: Number(values.max) }),
    ...(values.repeat !== undefined && { repeat: Number(values.repeat) }),
  });
  console.log(`${proxy.url} -> ${upstream}`);
  process.once('SIGINT', () => {
    console.log(JSON.stringify({ requests: proxy.requests.length, faults: faultCounts(proxy) }));
    process.exit(0);
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
