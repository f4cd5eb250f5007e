/**
 * HTTP requests to one service: a pool of connections, timeouts, the key, aborts at any moment. One request is one
 * exchange; `retry.ts` repeats them.
 */

import { Agent, type Dispatcher, errors } from 'undici';

import { checkAborted, onAbort } from './abort.ts';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Begins with a slash; appended to the address of the service. */
  path: string;
  body?: string | Uint8Array;
  headers?: Record<string, string>;
  /** Milliseconds until the answer begins, and between two parts of it. */
  timeoutMs: number;
  /** On its own connection: a kept one may be closed by the service at the moment of sending, which loses the answer. */
  fresh?: boolean;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * Why there is no answer.
 *
 * - `not-sent`: no connection; the service did not see the request.
 * - `lost`: the connection broke; the service may have done the work.
 * - `timeout`: no answer in time; the service may have done the work.
 * - `unusable`: the service's certificate is not valid, or the key holds characters that no header may have.
 */
export type FaultKind = 'not-sent' | 'lost' | 'timeout' | 'unusable';

/** An exchange without a complete answer. */
export class HttpFault extends Error {
  readonly kind: FaultKind;
  constructor(kind: FaultKind, message: string) {
    super(message);
    this.name = 'HttpFault';
    this.kind = kind;
  }
}

const CONNECT_TIMEOUT_MS = 5000;

/** The largest answer that is read; Node cannot hold longer texts. */
const MAX_ANSWER_BYTES = 512 * 2 ** 20;

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const INSECURE = /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
/** Codes of a connection that broke. */
const LOST = /^(?:UND_ERR_|ECONN|EPIPE|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE|ENOTCONN)/;

export class HttpClient {
  /** Without a slash at the end. */
  readonly url: string;
  #kept: Agent;
  #fresh: Agent;

  /** `connections` is the largest number of requests in progress; `maxAnswerBytes` -1 is no limit. */
  constructor(url: string, connections: number, { maxAnswerBytes = MAX_ANSWER_BYTES } = {}) {
    this.url = url.replace(/\/+$/, '');
    const options = { connect: { timeout: CONNECT_TIMEOUT_MS }, connections, maxResponseSize: maxAnswerBytes };
    this.#kept = new Agent(options);
    this.#fresh = new Agent({ ...options, pipelining: 0 });
  }

  /** Sends one request. Throws HttpFault without a complete answer, and EngineError `aborted`. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    return this.open(request, async (answer) => ({
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    }));
  }

  /** As `send`; `read` reads the answer while it arrives. `request.path` may also be a whole address. */
  async open<T>(request: HttpRequest, read: (answer: Dispatcher.ResponseData) => Promise<T>): Promise<T> {
    checkAborted(request.signal);
    const target = new URL(request.path.startsWith('/') ? this.url + request.path : request.path);
    const controller = new AbortController();
    const release = onAbort(request.signal, () => controller.abort());
    try {
      const answer = await (request.fresh === true ? this.#fresh : this.#kept).request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: request.method,
        headers: request.headers,
        body: request.body,
        headersTimeout: request.timeoutMs,
        bodyTimeout: request.timeoutMs,
        signal: controller.signal,
      });
      return await read(answer);
    } catch (error) {
      checkAborted(request.signal);
      throw faultOf(error);
    } finally {
      release();
    }
  }

  /** Ends all requests. */
  async close(): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#fresh.destroy()]);
  }
}

/** Errors that are not of the connection pass unchanged: `read` may throw its own. */
function faultOf(error: unknown): unknown {
  // An answer that is no HTTP; it has no code.
  if (error instanceof errors.HTTPParserError) return new HttpFault('lost', 'it does not speak HTTP');
  const code = codeOf(error);
  if (code === null) return error;
  // The library's messages hold addresses and codes, never headers.
  const text = error instanceof Error && error.message !== '' ? error.message : code;
  if (NOT_SENT.has(code)) return new HttpFault('not-sent', text);
  if (TIMEOUTS.has(code)) return new HttpFault('timeout', text);
  if (INSECURE.test(code)) return new HttpFault('unusable', `its certificate is not valid (${text})`);
  if (code === 'UND_ERR_INVALID_ARG') return new HttpFault('unusable', `the request cannot be sent (${text})`);
  return LOST.test(code) ? new HttpFault('lost', text) : error;
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}
