/** Waits for the result of a submitted request: long polling of `retrieve_future`. */

import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import { parseJson } from '../../../../wire/json/parse.ts';
import { ServiceError, type ServiceOutcome } from '../../service.ts';
import { checkAborted } from './abort.ts';
import { type Call, type Caller, reasonOf } from './caller.ts';
import type { AnswerClass, Judgement } from './classify.ts';
import type { HttpAnswer } from './http.ts';
import { backoff } from './waiting.ts';

export type RequestType =
  | 'Sample'
  | 'ForwardBackward'
  | 'Forward'
  | 'OptimStep'
  | 'SaveWeights'
  | 'LoadWeights'
  | 'SaveWeightsForSampler'
  | 'CreateModel'
  | 'UnloadModel';

/** A request that the service has accepted. */
export interface Promised {
  id: string;
  /** Null until it is known: `create_model` may name it at once. */
  modelId: string | null;
  /** Milliseconds that the submission took. */
  roundtripMs: number;
}

export interface PollOptions<T> {
  type: RequestType;
  /** Asks for protobuf. */
  binary?: boolean;
  /** Reads the result; throwing means that it is damaged. */
  read: (answer: HttpAnswer) => T;
  /** Milliseconds after which a request is given up, whatever the service says; an unknown one may wait for ever. */
  deadlineMs: number;
  signal?: AbortSignal;
}

/** The service no longer has the promise of a request. */
export class PromiseLost extends Error {}

export const PROTOBUF = 'application/x-protobuf';

/** Shorter than what proxies allow for a silent connection; the service answers in time or is asked again. */
const POLL_TIMEOUT_MS = 45_000;
const SHORT_MS = 250;
/** An answer that came back faster than this was no long poll; asking at once would be a busy loop. */
const LONG_POLL_MS = 200;
const LIMITS: Partial<Record<AnswerClass, number>> = { broken: 10, garbled: 5, noise: 3, conflict: 3, unauthorized: 1 };

const promised = z.object({ request_id: z.coerce.string(), model_id: z.string().nullish() });

/** Reads the answer to a submission. */
export function readPromise({ body }: HttpAnswer, roundtripMs: number): Promised {
  const { request_id: id, model_id: modelId } = promised.parse(parseJson(body));
  return { id, modelId: modelId ?? null, roundtripMs };
}

/** What a poll that was answered with 200 says. */
type Answered<T> = { is: 'result'; value: T } | { is: 'pending'; why: string | null } | { is: 'failed'; text: string };

const state = z.looseObject({
  type: z.string().nullish(),
  status: z.string().nullish(),
  queue_state: z.string().nullish(),
  error: z.unknown().optional(),
  error_message: z.string().nullish(),
});

/** Texts by which services say that a model is gone, in a failed request. */
const GONE = /not loaded|stale request|has been unloaded|model \S+ not found/i;

const PAUSED: Readonly<Record<string, string>> = {
  paused_capacity: 'it has no capacity free',
  paused_rate_limit: 'the account has reached its rate limit',
};

/**
 * Polls until there is a result. Throws ServiceError, EngineError `aborted`, or PromiseLost if the service no longer
 * knows the request.
 */
export async function waitForResult<T>(caller: Caller, promise: Promised, options: PollOptions<T>): Promise<T> {
  const { clock, monitor } = caller;
  const number = caller.nextCall();
  const key = randomUUID();
  const start = clock.now();
  let faultsSince: number | null = null;
  let counts = new Map<AnswerClass, number>();
  let quick = 0;
  for (let iteration = 0; ; iteration++) {
    const sentAt = clock.now();
    const { judgement, value } = await caller.attempt(pollCall(promise, options, iteration), { key, count: 0 });
    if (judgement.is === 'done' && value !== undefined) {
      if (value.is === 'result') {
        monitor.clear();
        return value.value;
      }
      if (value.is === 'failed') throw failure(caller, options, { ...judgement, text: value.text });
      faultsSince = null;
      counts = new Map();
      if (value.why === null) monitor.clear();
      else monitor.note(value.why);
    }
    checkDeadline(caller, options, start);
    if (judgement.is === 'done') {
      quick = clock.now() - sentAt < LONG_POLL_MS ? quick + 1 : 0;
      if (quick > 0) await caller.pause(Math.min(SHORT_MS, 10 * 2 ** quick), options.signal);
      continue;
    }
    if (judgement.is === 'gone' || judgement.is === 'missing') throw new PromiseLost(judgement.text);
    // The service holds a poll longer than we wait for it, or answers 408 after its own time: neither is a fault.
    const held = judgement.is === 'timeout';
    const seen = (counts.get(judgement.is) ?? 0) + 1;
    counts.set(judgement.is, seen);
    faultsSince = held ? null : (faultsSince ?? sentAt);
    const wait = await pauseFor(caller, judgement, { seen, spread: caller.spread(number, iteration) });
    if (wait === null) throw failure(caller, options, judgement);
    if (faultsSince !== null) {
      if (clock.now() + wait - faultsSince > caller.patience()) throw impatient(caller, options, judgement);
      monitor.note(reasonOf(judgement));
    }
    await caller.pause(wait, options.signal);
    checkAborted(options.signal);
  }
}

function pollCall<T>(promise: Promised, options: PollOptions<T>, iteration: number): Call<Answered<T>> {
  const headers: Record<string, string> = {
    'x-tinker-request-iteration': String(iteration),
    'x-tinker-request-type': options.type,
  };
  if (options.binary === true) headers['accept'] = `${PROTOBUF}, application/json`;
  if (iteration === 0) headers['x-tinker-create-promise-roundtrip-time'] = String(promise.roundtripMs / 1000);
  return {
    path: '/api/v1/retrieve_future',
    body: () => ({
      type: 'application/json',
      content: JSON.stringify({ request_id: promise.id, allow_metadata_only: false }),
    }),
    headers,
    timeoutMs: POLL_TIMEOUT_MS,
    signal: options.signal,
    read: (answer) => readAnswer(answer, options),
  };
}

function readAnswer<T>(answer: HttpAnswer, options: PollOptions<T>): Answered<T> {
  if (isProtobuf(answer)) return { is: 'result', value: options.read(answer) };
  // A result may be large, and is read by its own codec; a state is small.
  const looksLikeState = answer.body.length < 4096;
  if (looksLikeState) {
    const found = readState(answer);
    if (found !== null) return found;
  }
  return { is: 'result', value: options.read(answer) };
}

function readState({ body }: HttpAnswer): Exclude<Answered<never>, { is: 'result' }> | null {
  const fields = state.parse(parseJson(body));
  if (fields.type === 'try_again') return { is: 'pending', why: PAUSED[fields.queue_state ?? ''] ?? null };
  if (fields.status === 'complete_metadata') return { is: 'pending', why: null };
  if (fields.error === undefined || fields.error === null) {
    if (fields.type !== 'RequestFailedResponse') return null;
    return { is: 'failed', text: fields.error_message ?? 'it does not say why' };
  }
  return { is: 'failed', text: typeof fields.error === 'string' ? fields.error : JSON.stringify(fields.error) };
}

/** Whether an answer is protobuf; otherwise it is JSON. */
export function isProtobuf({ headers }: HttpAnswer): boolean {
  return String(headers['content-type'] ?? '').includes('protobuf');
}

async function pauseFor(
  caller: Caller,
  { is, retryAfterMs }: Judgement,
  { seen, spread }: { seen: number; spread: number },
): Promise<number | null> {
  if (seen > (LIMITS[is] ?? Infinity)) return null;
  switch (is) {
    case 'timeout':
    case 'noise':
      return retryAfterMs ?? SHORT_MS;
    case 'early':
      return retryAfterMs ?? 4 * SHORT_MS;
    case 'down':
    case 'broken':
    case 'lost':
    case 'garbled':
      // The first repetition comes soon: the work goes on, only its answer is missing.
      return retryAfterMs ?? (seen === 1 ? SHORT_MS : backoff(seen - 2, spread));
    case 'busy':
    case 'not-sent':
    case 'conflict':
      return retryAfterMs ?? backoff(seen - 1, spread);
    case 'billing':
      return retryAfterMs ?? 5000;
    case 'unauthorized':
      return (await caller.parts.auth.renew()) ? 0 : null;
    default:
      return null;
  }
}

function failure<T>(caller: Caller, { type }: PollOptions<T>, judgement: Judgement): ServiceError {
  const lost: ServiceOutcome = type === 'Sample' ? 'lost-sampler' : 'lost-model';
  const explained = judgement.is === 'refused' || judgement.is === 'done' || judgement.is === 'noise';
  let outcome: ServiceOutcome = type === 'Sample' || explained ? 'failed' : 'unknown';
  if (explained && GONE.test(judgement.text)) outcome = lost;
  return caller.error(outcome, type, judgement);
}

function impatient<T>(caller: Caller, { type }: PollOptions<T>, judgement: Judgement): ServiceError {
  const outcome = judgement.is === 'billing' ? 'billing' : type === 'Sample' ? 'unreachable' : 'unknown';
  return caller.error(outcome, type, judgement);
}

function checkDeadline<T>(caller: Caller, { type, deadlineMs }: PollOptions<T>, start: number): void {
  const waited = caller.clock.now() - start;
  if (waited <= deadlineMs) return;
  const text = `no result after ${Math.round(waited / 1000)} seconds`;
  throw caller.error(type === 'Sample' ? 'failed' : 'unknown', type, { status: null, text });
}
