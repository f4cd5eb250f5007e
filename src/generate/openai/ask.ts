/**
 * Sends one request until it gets a response: retries, waits, and leaves out settings that the server does not support.
 * Throws EngineError with a reason and advice if there is no answer.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, messageOf } from '../../errors.ts';
import { deriveSeed, Random } from '../../random.ts';
import { quoteLine } from '../../text/visible.ts';
import type { GenerateCtl, GenerateRequest } from '../generator.ts';
import { chatBody, readChat, type ChatAnswer, type Piece } from './chat.ts';
import { narrow, type Dialect } from './dialect.ts';
import { aborted, exchange, type Connection, type Outcome } from './exchange.ts';
import { backoffMs } from './retry.ts';

export interface Patience {
  /** Maximum number of retries. */
  retries: number;
  /** First backoff in milliseconds, doubled each time. */
  retryDelayMs: number;
}

/** An endpoint with everything learned about it so far; shared by concurrent requests. */
export interface Host {
  connection: Connection;
  patience: Patience;
  model: string;
  dialect: Dialect;
  notes: Set<string>;
  /** Time by `performance.now()` before which no request is sent. */
  quietUntil: number;
  /** Number of responses so far. */
  responses: number;
  /** Highest observed number of tokens per byte of a prompt; null until the server has counted tokens. */
  promptRate: number | null;
}

/** Longest wait that a server may ask for. If it asks for more, the call fails with that reason. */
const LONGEST_WAIT_MS = 10 * 60_000;
const KEPT = 'Finished replies are kept.';

/** @throws EngineError `user` (rejected), `transient` (retries used up) or `aborted` */
export async function askChat(
  host: Host,
  request: GenerateRequest,
  piece: Piece,
  { signal, onRetry }: { signal: AbortSignal } & Pick<GenerateCtl, 'onRetry'>,
): Promise<ChatAnswer> {
  const key = deriveSeed(request.seed, piece.first, 'retry');
  let failures = 0;
  for (;;) {
    const answeredBefore = host.responses;
    await untilQuiet(host, deriveSeed(key, failures), signal);
    const sent = { ...host.dialect };
    const count = Math.min(piece.count, sent.repliesPerRequest);
    const body = chatBody(host.model, request, { first: piece.first, count }, sent);
    const outcome = await exchange(host.connection, 'chat/completions', body, signal);
    if (learnt(host, sent, body, outcome)) continue;
    const failure = outcome.kind === 'response' ? readAnswer(host, outcome, request, count) : failureOf(host, outcome);
    if ('replies' in failure) return failure;
    // A rate limit that still lets other requests pass is not counted as a failure.
    if (failure.status !== 429 || host.responses === answeredBefore) failures++;
    if (failures > host.patience.retries) throw exhausted(host, failures, failure.reason);
    const asked = failure.waitMs === null ? 0 : patient(host, failure.waitMs, failure.reason);
    const wait =
      asked > 0 ? asked : backoffMs(host.patience.retryDelayMs, Math.max(1, failures), deriveSeed(key, failures));
    onRetry?.({ reason: failure.reason, waitSeconds: wait / 1000 });
    if (asked > 0) beQuiet(host, asked);
    else await pause(wait, signal);
  }
}

/** Returns true if the server rejected a setting that will be left out from now on. */
function learnt(host: Host, sent: Readonly<Dialect>, body: object, outcome: Outcome): boolean {
  if (outcome.kind === 'response' || outcome.kind === 'too-large') return false;
  if (outcome.complaint === null || outcome.status === null) return false;
  const note = narrow(host.dialect, sent, body, { status: outcome.status, complaint: outcome.complaint });
  if (note !== null && note !== '') host.notes.add(note);
  return note !== null;
}

function readAnswer(
  host: Host,
  outcome: Extract<Outcome, { kind: 'response' }>,
  request: GenerateRequest,
  count: number,
): ChatAnswer | Again {
  // A reset gives the time of the full allowance; part of it is available earlier.
  if (outcome.waitMs !== null) beQuiet(host, Math.min(outcome.waitMs, 60_000));
  const answer = readChat(outcome.json, request, count, host.connection.secrets);
  if (typeof answer === 'string') return { kind: 'again', reason: answer, waitMs: null, status: null, complaint: null };
  host.responses++;
  return answer;
}

/** Sends a GET below the base URL, e.g. `models`; returns JSON. Throws the same errors as `askChat`. */
export async function askJson(host: Host, path: string, signal: AbortSignal): Promise<unknown> {
  for (let failures = 1; ; failures++) {
    const outcome = await exchange(host.connection, path, null, signal);
    if (outcome.kind === 'response') return outcome.json;
    const { reason, waitMs } = failureOf(host, outcome);
    if (failures > host.patience.retries) throw exhausted(host, failures, reason);
    const seed = deriveSeed(path, failures);
    const wait =
      waitMs === null ? backoffMs(host.patience.retryDelayMs, failures, seed) : patient(host, waitMs, reason);
    await pause(wait, signal);
  }
}

type Again = Extract<Outcome, { kind: 'again' }>;

/** Returns a failure that can be retried; throws EngineError for one that cannot. */
function failureOf(host: Host, outcome: Exclude<Outcome, { kind: 'response' }>): Again {
  if (outcome.kind === 'again') return outcome;
  const { shown, maxBodyBytes } = host.connection;
  if (outcome.kind === 'too-large')
    throw new EngineError(
      'user',
      `${shown} sent an answer of more than ${Math.floor(maxBodyBytes / 1e6)} MB, which was not read.`,
      `Ask for fewer replies or tokens, or check that this is an OpenAI-compatible server. ${KEPT}`,
    );
  const { status, complaint, location } = outcome;
  const said = complaint.words === '' ? '' : `: ${complaint.words}`;
  throw new EngineError('user', `${shown} rejected the request (HTTP ${status})${said}`, advice(status, location));
}

function advice(status: number, location: string | null): string {
  if (status >= 300 && status < 400)
    return `The server redirects${location === null ? '' : ` (${quoteLine(location.split('?')[0], 200)})`}: use that address if you trust it.`;
  if (status === 401 || status === 403)
    return `Put the server's key into an environment variable and name the variable. ${KEPT}`;
  if (status === 404)
    return `Check the address (it usually ends in /v1) and the model's name: \`rzero doctor --model URL\` shows both. ${KEPT}`;
  if (status === 402 || status === 429) return `Check the account's quota, then start again. ${KEPT}`;
  return `Change the setting that the server rejects (a prompt and its tokens must fit the model's context). ${KEPT}`;
}

function exhausted(host: Host, attempts: number, reason: string): EngineError {
  return new EngineError(
    'transient',
    `${host.connection.shown} did not answer in ${attempts} attempt${attempts === 1 ? '' : 's'}; the last one gave ${reason}.`,
    `Check that the server runs and is reachable, then start again. ${KEPT}`,
  );
}

/** Returns the wait that the server asks for; throws EngineError if it is too long. */
function patient(host: Host, waitMs: number, reason: string): number {
  if (waitMs <= LONGEST_WAIT_MS) return waitMs;
  throw new EngineError(
    'transient',
    `${host.connection.shown} asks to wait ${Math.ceil(waitMs / 60_000)} minutes (${reason}).`,
    `Start again after that time. ${KEPT}`,
  );
}

function beQuiet(host: Host, waitMs: number): void {
  host.quietUntil = Math.max(host.quietUntil, performance.now() + waitMs);
}

/** Waits until the server's pause is over, plus jitter, so that waiting requests do not all start at once. */
async function untilQuiet(host: Host, seed: number, signal: AbortSignal): Promise<void> {
  for (let left = host.quietUntil - performance.now(); left > 0; left = host.quietUntil - performance.now()) {
    await pause(left + new Random(seed).next() * host.patience.retryDelayMs, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    if (signal.aborted) throw aborted();
    throw new EngineError('transient', messageOf(error), 'Start again.', { cause: error });
  }
}
