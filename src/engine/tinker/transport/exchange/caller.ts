/**
 * Makes one call to the service succeed or fail for good: repeats it with backoff while that is safe and within the
 * patience, and turns what is final into ServiceError. `classify.ts` says what an answer means; this file, what to do.
 */

import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { messageOf } from '../../../../errors.ts';
import { ServiceError, type ServiceOutcome } from '../../service.ts';
import { checkAborted, onAbort } from './abort.ts';
import type { Auth } from './auth.ts';
import { judgeAnswer, judgeFault, oneLine, type AnswerClass, type Judgement } from './classify.ts';
import type { Clock } from './clock.ts';
import { type HttpAnswer, type HttpClient, HttpFault } from './http.ts';
import { backoff, type WaitMonitor } from './waiting.ts';

export interface Body {
  type: 'application/json' | 'application/x-protobuf';
  content: string | Uint8Array;
}

export interface Call<T> {
  method?: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** Made again for every attempt. */
  body?: () => Body;
  headers?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Whether it may be sent again after an answer was lost. Without it: always. With it, the call is a training call. */
  repeat?: () => Promise<boolean>;
  /** Outcome of a 404. */
  missing?: (judgement: Judgement) => ServiceOutcome;
  /** Outcome of a 410. */
  gone?: ServiceOutcome;
  /** Reads a success; throwing means that the answer is damaged. */
  read: (answer: HttpAnswer, roundtripMs: number) => T;
  /** Called before a repetition is considered; true: the call has changed, and is sent again at once. */
  changed?: (judgement: Judgement) => boolean;
  /** Called on 409; a value other than undefined is the result. */
  conflict?: () => Promise<T | undefined>;
  /** Called on 429; returns milliseconds to wait. */
  busy?: (judgement: Judgement) => number;
  /** Surrounds every attempt. */
  around?: (exchange: () => Promise<Attempt<T>>) => Promise<Attempt<T>>;
}

/** What one exchange gave. */
export interface Attempt<T> {
  judgement: Judgement;
  value?: T;
}

export interface CallerParts {
  http: HttpClient;
  auth: Auth;
  clock: Clock;
  monitor: WaitMonitor;
  /** Milliseconds. */
  patienceMs: number;
  /** Milliseconds to wait for a service that has never answered: its address may be wrong. */
  firstPatienceMs: number;
}

/** Milliseconds for the start of an answer. */
export const TIMEOUT_MS = 60_000;
const EARLY_MS = 1000;
const BILLING_MS = 5000;
const NOISE_MS = 250;

/** Repetitions of answers that are errors of the service itself, or of a proxy that understood nothing. */
const LIMITS: Partial<Record<AnswerClass, number>> = { broken: 5, garbled: 5, conflict: 3, noise: 3, unauthorized: 1 };

const MAY_BE_DONE: ReadonlySet<AnswerClass> = new Set(['lost', 'garbled', 'timeout', 'down', 'broken']);

/** What evidence there is that the service has not been restarted since. */
export interface InstanceMark {
  refusals: number;
  instance: string | null;
}

export class Caller {
  readonly parts: CallerParts;
  #reached = false;
  #refusals = 0;
  #instance: string | null = null;
  #calls = 0;
  #closing = new AbortController();

  constructor(parts: CallerParts) {
    this.parts = parts;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get monitor(): WaitMonitor {
    return this.parts.monitor;
  }

  /** A service that refused a connection, or named another instance, since `mark` may have been restarted. */
  mark(): InstanceMark {
    return { refusals: this.#refusals, instance: this.#instance };
  }

  sameSince({ refusals, instance }: InstanceMark): boolean {
    return refusals === this.#refusals && this.sameInstance({ instance });
  }

  /** Whether the service has named no other instance since `mark`; most never name one. */
  sameInstance({ instance }: Pick<InstanceMark, 'instance'>): boolean {
    return instance === this.#instance;
  }

  /** Milliseconds that a call may wait in all. */
  patience(): number {
    const { patienceMs, firstPatienceMs } = this.parts;
    return this.#reached ? patienceMs : Math.min(patienceMs, firstPatienceMs);
  }

  /** A number in [0, 1) that spreads the repetitions of calls which failed together. */
  spread(call: number, count: number): number {
    return (call * 0.618_034 + count * 0.381_966) % 1;
  }

  /** Waits; the signal, or the end of the client, ends the wait. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    const wake = new AbortController();
    const releases = [signal, this.#closing.signal].map((each) => onAbort(each, () => wake.abort()));
    if (signal?.aborted === true || this.#closing.signal.aborted) wake.abort();
    await this.clock.sleep(ms, wake.signal);
    for (const release of releases) release();
  }

  /** Ends all calls with an error. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.parts.http.close();
  }

  nextCall(): number {
    return this.#calls++;
  }

  async call<T>(call: Call<T>): Promise<T> {
    const number = this.nextCall();
    const key = randomUUID();
    const start = this.clock.now();
    const counts = new Map<AnswerClass, number>();
    let maybeDone = false;
    for (let count = 0; ; count++) {
      const exchange = (): Promise<Attempt<T>> => this.attempt(call, { key, count });
      const { judgement, value } = await (call.around === undefined ? exchange() : call.around(exchange));
      if (judgement.is === 'done') return value as T;
      if (call.changed?.(judgement) === true) continue;
      const seen = (counts.get(judgement.is) ?? 0) + 1;
      counts.set(judgement.is, seen);
      maybeDone ||= MAY_BE_DONE.has(judgement.is);
      if (MAY_BE_DONE.has(judgement.is) && call.repeat !== undefined && !(await call.repeat()))
        throw this.error('unknown', call.path, judgement);
      if (judgement.is === 'conflict' && call.conflict !== undefined) {
        const result = await call.conflict();
        if (result !== undefined) return result;
      }
      const wait = await this.#wait(call, judgement, { seen, spread: this.spread(number, count) });
      if (wait === null) throw this.#final(call, judgement, maybeDone);
      if (this.clock.now() + wait - start > this.patience()) throw this.#impatient(call, judgement, maybeDone);
      this.monitor.note(reasonOf(judgement));
      await this.pause(wait, call.signal);
    }
  }

  /** One exchange. Throws EngineError `aborted`, and ServiceError after `close`. */
  async attempt<T>(call: Call<T>, { key, count }: { key: string; count: number }): Promise<Attempt<T>> {
    checkAborted(call.signal);
    this.#checkOpen(call.path);
    const { http, auth } = this.parts;
    const body = call.body?.();
    const method = call.method ?? 'POST';
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers, ...(await auth.headers()) };
    if (body !== undefined) headers['content-type'] = body.type;
    if (method !== 'GET') {
      headers['x-idempotency-key'] = key;
      headers['x-stainless-retry-count'] = String(count);
    }
    const start = this.clock.now();
    try {
      const answer = await http.send({
        method,
        path: call.path,
        body: body?.content,
        headers,
        timeoutMs: call.timeoutMs ?? TIMEOUT_MS,
        fresh: call.repeat !== undefined,
        signal: call.signal,
      });
      this.#noteInstance(answer);
      const judgement = judgeAnswer(answer);
      if (judgement.is !== 'done') return { judgement };
      const value = readSafely(call, answer, this.clock.now() - start);
      if (value.judgement.is === 'done') this.#reached = true;
      return value;
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#checkOpen(call.path);
      if (error.kind === 'not-sent') this.#refusals++;
      return { judgement: judgeFault(error) };
    }
  }

  /** Makes an error whose message names the service and the request, but never the key. */
  error(outcome: ServiceOutcome, path: string, { status, text }: Pick<Judgement, 'status' | 'text'>): ServiceError {
    const { http, auth } = this.parts;
    const what = path.slice(path.lastIndexOf('/') + 1);
    const code = status === null || text === `HTTP ${status}` ? '' : ` (HTTP ${status})`;
    const message = auth.redact(`${http.url}, ${what}: ${text}${code}`);
    return new ServiceError(outcome, message, { status: status ?? undefined });
  }

  /** Returns milliseconds until the next attempt; null if there is to be none. */
  async #wait<T>(
    call: Call<T>,
    judgement: Judgement,
    { seen, spread }: { seen: number; spread: number },
  ): Promise<number | null> {
    const { is, retryAfterMs } = judgement;
    if (seen > (LIMITS[is] ?? Infinity)) return null;
    switch (is) {
      case 'busy':
        return call.busy?.(judgement) ?? retryAfterMs ?? backoff(seen - 1, spread);
      case 'not-sent':
      case 'lost':
      case 'garbled':
      case 'down':
      case 'broken':
      case 'conflict':
        return retryAfterMs ?? backoff(seen - 1, spread);
      case 'timeout':
      case 'noise':
        return retryAfterMs ?? NOISE_MS;
      case 'early':
        return retryAfterMs ?? EARLY_MS;
      case 'billing':
        return retryAfterMs ?? BILLING_MS;
      case 'unauthorized':
        return (await this.parts.auth.renew()) ? 0 : null;
      default:
        return null;
    }
  }

  #final<T>(call: Call<T>, judgement: Judgement, maybeDone: boolean): ServiceError {
    const training = call.repeat !== undefined;
    const fail = (outcome: ServiceOutcome): ServiceError => this.error(outcome, call.path, judgement);
    if (judgement.is === 'missing') return fail(call.missing?.(judgement) ?? 'refused');
    if (judgement.is === 'gone') return fail(call.gone ?? 'refused');
    if (training && maybeDone) return fail('unknown');
    return fail(judgement.is === 'broken' || judgement.is === 'garbled' ? 'failed' : 'refused');
  }

  #impatient<T>(call: Call<T>, judgement: Judgement, maybeDone: boolean): ServiceError {
    if (call.repeat !== undefined && maybeDone) return this.error('unknown', call.path, judgement);
    return this.error(judgement.is === 'billing' ? 'billing' : 'unreachable', call.path, judgement);
  }

  #checkOpen(path: string): void {
    if (this.#closing.signal.aborted)
      throw this.error('unreachable', path, { status: null, text: 'the client is closed' });
  }

  #noteInstance({ headers }: HttpAnswer): void {
    const name = headers['x-rzero-instance'];
    if (typeof name === 'string') this.#instance = name;
  }
}

/** A success that cannot be read was damaged on the way, or comes from something else than the service. */
function readSafely<T>(call: Call<T>, answer: HttpAnswer, roundtripMs: number): Attempt<T> {
  try {
    return { judgement: judgeAnswer(answer), value: call.read(answer, roundtripMs) };
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    const text = oneLine(`its answer cannot be read: ${why}`);
    return { judgement: { is: 'garbled', status: answer.status, text, retryAfterMs: null } };
  }
}

const REASONS: Partial<Record<AnswerClass, string>> = {
  busy: 'it has too many requests',
  billing: 'the account is blocked',
  early: 'it still writes a checkpoint',
};

/** Returns why a call waits, as text after "waiting for the service: ". */
export function reasonOf({ is, text }: Judgement): string {
  return REASONS[is] ?? `it does not answer (${text})`;
}
