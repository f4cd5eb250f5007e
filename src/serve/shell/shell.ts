/**
 * The HTTP shell: a Node server with all limits and checks, on which pages (`tinker/`) are mounted. It does not know
 * what the pages do. Every answer that is not a page's own is JSON. Next: `guard.ts`, `limits.ts`.
 */

import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import { Hono } from 'hono';
import { EngineError, messageOf } from '../../errors.ts';
import { BodyReader } from './body.ts';
import { checkCaller, checkSite, type GuardOptions } from './guard.ts';
import { SAFE_HEADERS } from './headers.ts';
import { cookieAnswer } from './key.ts';
import { type Limits, LIMITS } from './limits.ts';
import { Refusal, refusalBody, refusalFor, refusalResponse } from './refusal.ts';

/** What a page's routes see of a request, besides its URL. */
export interface ShellEnv {
  Bindings: HttpBindings;
}

export interface ShellOptions extends GuardOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  limits?: Partial<Limits>;
  /** Called with the failures that are no refusals: faults of this program. */
  onFault?: (error: unknown) => void;
}

export interface Page {
  /** Makes the routes of the page. `bodies` reads the requests' bodies within the limits. */
  routes(bodies: BodyReader): Hono<ShellEnv>;
  /** Beginnings of the addresses that need no key, because they carry a permission themselves. */
  readonly keyless: readonly string[];
  /** Whether browsers may open the page. */
  readonly browser?: boolean;
  /** Returns a refusal in the form of the page's own errors; null for addresses that are not the page's. */
  refusal?(path: string, refusal: Refusal): Response | null;
  /** Ends what the page keeps open, before the server closes. */
  close?(): void;
}

export interface Shell {
  /** `http://HOST:PORT`, without a final slash. */
  readonly url: string;
  /** Accepts no more connections, and ends the open ones when their requests are answered, after `graceMs` at the latest. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Header of every answer, with a value of this start of the server: a client whose answer was lost learns that nothing
 * in memory was lost with it.
 */
const INSTANCE_HEADER = 'X-Rzero-Instance';

/** Opens the server with its pages. Throws EngineError `user` if the address cannot be used. */
export async function openShell(options: ShellOptions, pages: readonly Page[]): Promise<Shell> {
  const limits: Limits = { ...LIMITS, ...options.limits };
  const app = new Hono<ShellEnv>();
  app.onError((error, { req }) => {
    if (error instanceof Refusal) return refusalOf(pages, req.path, error) ?? refusalFor(req, error);
    options.onFault?.(error);
    return Response.json(refusalBody(500, 'The server failed. Its output has the reason.'), { status: 500 });
  });
  app.notFound(({ req }) => {
    const refusal = new Refusal(404, 'This server has no such address.');
    return refusalOf(pages, req.path, refusal) ?? refusalResponse(refusal);
  });
  const guard = { ...options, browser: pages.some(({ browser }) => browser === true) };
  app.use(async ({ req, env }, next) => {
    const { headers, rawHeaders } = env.incoming;
    // Node keeps the first of several; a proxy in between may have read another.
    if (rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length > 1) {
      throw new Refusal(400, 'The request names several hosts.');
    }
    const given = guard.browser && req.method === 'GET' && req.path === '/' ? req.query('key') : undefined;
    if (given !== undefined) {
      checkSite(headers, guard, req);
      return cookieAnswer(given, guard.key);
    }
    const keyless = pages.some((page) => page.keyless.some((start) => req.path.startsWith(start)));
    checkCaller(headers, keyless ? { ...guard, key: null } : guard, req);
    await next();
  });
  const bodies = new BodyReader(limits);
  const instance = randomUUID();
  for (const page of pages) app.route('/', page.routes(bodies));
  const listener = getRequestListener(app.fetch, {
    errorHandler: (error) => {
      if (!(error instanceof RequestError)) options.onFault?.(error);
      // The address and the host make no URL.
      return refusalResponse(new Refusal(400, 'This is no valid HTTP request.'));
    },
  });
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs),
      // Refused as JSON instead.
      requireHostHeader: false,
    },
    (incoming, outgoing) => {
      outgoing.setHeader(INSTANCE_HEADER, instance);
      for (const [name, value] of Object.entries(SAFE_HEADERS)) outgoing.setHeader(name, value);
      void listener(incoming, outgoing);
    },
  );
  server.maxConnections = limits.connections;
  server.on('clientError', refuseMalformed);
  await listen(server, options);
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: (graceMs = 2000) => {
      for (const page of pages) page.close?.();
      return closeServer(server, graceMs);
    },
  };
}

/** Returns a refusal in the form of the page that has the address; null if none has an own form. */
function refusalOf(pages: readonly Page[], path: string, refusal: Refusal): Response | null {
  for (const page of pages) {
    const own = page.refusal?.(path, refusal);
    if (own !== undefined && own !== null) return own;
  }
  return null;
}

async function listen(server: Server, { host, port }: ShellOptions): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw new EngineError(
      'user',
      `The server cannot listen on ${host}, port ${port}: ${messageOf(cause)}.`,
      'Choose another port with --port, or another address with --host.',
      { cause },
    );
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(late);
}

/** Answers what is not even HTTP, or too slow, or has too large headers. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, text] = STATUS_OF.get(error.code ?? '') ?? ['400 Bad Request', 'This is no HTTP request.'];
  const body = JSON.stringify(refusalBody(Number(status.slice(0, 3)), text));
  const headers = {
    ...SAFE_HEADERS,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status}`, ...lines, '', body].join('\r\n'));
}

const STATUS_OF = new Map<string, [status: string, text: string]>([
  ['HPE_HEADER_OVERFLOW', ['431 Request Header Fields Too Large', 'The headers are too large.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['408 Request Timeout', 'The request took too long.']],
]);
