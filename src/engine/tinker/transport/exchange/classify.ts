/**
 * What the answer to a request means, without what to do about it: that depends on the request (`retry.ts`,
 * `futures.ts`). Pure. Sources: the Tinker SDK 0.25.0, and what SkyRL and OpenRL answer.
 */

import { HttpFault, type HttpAnswer } from './http.ts';

/**
 * - `done`: success.
 * - `busy`: too many requests; not done.
 * - `billing`: the account is blocked; not done.
 * - `early`: a checkpoint is still being written; not done.
 * - `conflict`: something of this name or number exists.
 * - `gone`: the service no longer has the promise.
 * - `missing`: unknown model, session, sampler, checkpoint or address.
 * - `refused`: final.
 * - `noise`: a 400 that the service itself did not explain: a proxy's, usually.
 * - `not-sent`: the service did not see the request.
 * - `lost`: no complete answer; may have been done.
 * - `garbled`: answered with success, but with something that cannot be read; may have been done.
 * - `timeout`: answered 408, or not in time; may have been done.
 * - `down`: 502, 503, 504; may have been done.
 * - `broken`: every other 5xx; may have been done.
 */
export type AnswerClass =
  | 'done'
  | 'busy'
  | 'billing'
  | 'early'
  | 'conflict'
  | 'gone'
  | 'missing'
  | 'unauthorized'
  | 'refused'
  | 'noise'
  | 'not-sent'
  | 'lost'
  | 'garbled'
  | 'timeout'
  | 'down'
  | 'broken';

export interface Judgement {
  is: AnswerClass;
  /** HTTP status; null without an answer. */
  status: number | null;
  /** What the service says, in one line of at most 500 characters. */
  text: string;
  /** Milliseconds that the service asks to wait; null if it does not. */
  retryAfterMs: number | null;
}

const MAX_TEXT = 500;
const MAX_RETRY_AFTER_MS = 60_000;

const BY_STATUS: Readonly<Record<number, AnswerClass>> = {
  401: 'unauthorized',
  402: 'billing',
  403: 'unauthorized',
  404: 'missing',
  408: 'timeout',
  409: 'conflict',
  410: 'gone',
  425: 'early',
  429: 'busy',
  // No repetition implements the call.
  501: 'refused',
  502: 'down',
  503: 'down',
  504: 'down',
};

/** Judges an answer by status and body. */
export function judgeAnswer(answer: HttpAnswer): Judgement {
  const { status } = answer;
  // Most answers are large results, which need no explanation.
  if (status >= 200 && status < 300) return { is: 'done', status, text: '', retryAfterMs: null };
  const explained = explanation(answer);
  const text = explained ?? plainText(answer);
  const retryAfterMs = retryAfter(answer);
  return { is: classOf(answer, explained !== null), status, text, retryAfterMs };
}

/** Judges an exchange without an answer. */
export function judgeFault(fault: HttpFault): Judgement {
  const is = fault.kind === 'unusable' ? 'refused' : fault.kind;
  return { is, status: null, text: oneLine(fault.message), retryAfterMs: null };
}

function classOf(answer: HttpAnswer, explained: boolean): AnswerClass {
  const { status } = answer;
  const known = BY_STATUS[status];
  // The service knows best whether a repetition makes sense; for 4xx it means what the status says.
  if (answer.headers['x-should-retry'] === 'false' && status >= 500) return 'refused';
  if (known !== undefined) return known;
  if (status >= 500) return 'broken';
  if (status === 400 && !explained) return 'noise';
  return 'refused';
}

/**
 * Returns the service's own explanation: `detail` of SkyRL (text, or a list of errors), `error_message` of OpenRL,
 * `error` of others. Null for the page of a proxy.
 */
function explanation(answer: HttpAnswer): string | null {
  if (!String(answer.headers['content-type'] ?? '').includes('json')) return null;
  let value: unknown;
  try {
    value = JSON.parse(answer.body.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map(Object.entries(value));
  const said = fields.get('detail') ?? fields.get('error_message') ?? fields.get('error') ?? fields.get('message');
  if (said === undefined || said === null) return null;
  return oneLine(typeof said === 'string' ? said : JSON.stringify(said));
}

function plainText({ status, headers, body }: HttpAnswer): string {
  const location = headers['location'];
  if (status >= 300 && status < 400 && typeof location === 'string') return oneLine(`it redirects to ${location}`);
  const text = oneLine(body.subarray(0, 4 * MAX_TEXT).toString('utf8'));
  return text === '' || text.startsWith('<') ? `HTTP ${status}` : text;
}

/** Returns a text in one line, cut to a length that fits a message. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/** Reads `retry-after-ms` and `Retry-After`, in seconds or as a date; at most one minute. */
function retryAfter({ headers }: HttpAnswer): number | null {
  const ms = numeric(headers['retry-after-ms']);
  if (ms !== null) return clampWait(ms);
  const seconds = numeric(headers['retry-after']);
  if (seconds !== null) return clampWait(seconds * 1000);
  const date = Date.parse(String(headers['retry-after'] ?? ''));
  return Number.isNaN(date) ? null : clampWait(date - Date.now());
}

function numeric(value: string | string[] | undefined): number | null {
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function clampWait(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
