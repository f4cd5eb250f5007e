/**
 * Sends one HTTP request with a deadline and a limit on the body, and classifies the response. It decides whether a
 * retry makes sense; `ask.ts` decides whether to retry.
 */

import { linkedAbort } from '../../engine/flow/linked-abort.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { quoteLine } from '../../text/visible.ts';
import { askedWaitMs, exhaustedLimitMs } from './retry.ts';
import { readComplaint, withoutSecrets, type Complaint } from './words.ts';

export interface Connection {
  fetch: typeof fetch;
  /** Passed to `fetch` with every request. */
  dispatcher: RequestInit['dispatcher'];
  base: string;
  query: string;
  /** The base URL without secrets. */
  shown: string;
  authorization: string | null;
  /** Texts that errors must not repeat. */
  secrets: string[];
  /** Limit for one exchange, from the first byte sent to the last byte received. */
  timeoutMs: number;
  maxBodyBytes: number;
}

export type Outcome =
  /** `waitMs`: time until the exhausted rate limit resets. */
  | { kind: 'response'; json: unknown; waitMs: number | null }
  /** Can be retried. `waitMs`: the wait that the server asks for. */
  | { kind: 'again'; reason: string; waitMs: number | null; status: number | null; complaint: Complaint | null }
  | { kind: 'refused'; status: number; complaint: Complaint; location: string | null }
  | { kind: 'too-large' };

const BUSY = new Set([408, 425, 429]);
const MAX_ERROR_BYTES = 64 * 1024;

/** Sends a POST if there is a body, otherwise a GET. @throws EngineError `aborted` if `signal` is aborted */
export async function exchange(
  connection: Connection,
  path: string,
  body: object | null,
  signal: AbortSignal,
): Promise<Outcome> {
  // Not `AbortSignal.any`: Node keeps a combined signal with listeners, and all that its call refers to, for ever.
  const call = linkedAbort(signal);
  let late = false;
  const giveUp = (): void => {
    late = true;
    call.abort();
  };
  const timer = setTimeout(giveUp, Math.min(connection.timeoutMs, 2 ** 31 - 1));
  try {
    if (signal.aborted) throw aborted();
    const response = await connection.fetch(`${connection.base}/${path}${connection.query}`, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(body !== null && { 'content-type': 'application/json' }),
        ...(connection.authorization !== null && { authorization: connection.authorization }),
      },
      ...(body !== null && { body: JSON.stringify(body) }),
      // A redirected POST would become a GET, and a key could travel to another host.
      redirect: 'manual',
      signal: call.signal,
      dispatcher: connection.dispatcher,
    });
    const limit = response.ok ? connection.maxBodyBytes : Math.min(MAX_ERROR_BYTES, connection.maxBodyBytes);
    const read = await readBody(response, limit);
    if (response.ok) return read.whole ? judgeJson(read.text, response.headers) : { kind: 'too-large' };
    return judgeRefusal(response, read.text, connection.secrets);
  } catch (error) {
    if (signal.aborted) throw aborted();
    const reason = late
      ? `no complete answer within ${connection.timeoutMs / 1000} s`
      : withoutSecrets(connectionWords(error), connection.secrets);
    return { kind: 'again', reason, waitMs: null, status: null, complaint: null };
  } finally {
    clearTimeout(timer);
    call.release();
  }
}

export function aborted(): EngineError {
  return new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.');
}

function judgeJson(text: string, headers: Headers): Outcome {
  try {
    return { kind: 'response', json: JSON.parse(text), waitMs: exhaustedLimitMs(headers, Date.now()) };
  } catch {
    return { kind: 'again', reason: 'an answer that is not JSON', waitMs: null, status: null, complaint: null };
  }
}

function judgeRefusal(response: Response, text: string, secrets: readonly string[]): Outcome {
  const { status, headers } = response;
  const complaint = readComplaint(text, secrets);
  // OpenAI also answers 429 for an empty account; waiting does not help then.
  const broke = complaint.code === 'insufficient_quota';
  if (!broke && (status >= 500 || BUSY.has(status))) {
    const reason = `HTTP ${status}${complaint.words === '' ? '' : `: ${complaint.words}`}`;
    return { kind: 'again', reason, waitMs: askedWaitMs(headers, Date.now()), status, complaint };
  }
  return { kind: 'refused', status, complaint, location: headers.get('location') };
}

/** Reads the body as text, up to `limit` bytes after decompression. */
async function readBody(response: Response, limit: number): Promise<{ text: string; whole: boolean }> {
  if (response.body === null) return { text: '', whole: true };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > limit) {
      // Leaving the loop cancels the body and frees the connection.
      return { text: Buffer.concat(chunks).toString('utf8'), whole: false };
    }
    chunks.push(chunk);
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)), whole: true };
}

/** Describes a failed fetch by its cause, such as `ECONNREFUSED`, because the message is only `fetch failed`. */
function connectionWords(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // If several addresses were tried, the outer message is empty.
  const words = messageOf(cause) === '' ? code : messageOf(cause);
  return `the connection failed (${quoteLine(words === '' ? 'without a reason' : words, 200)})`;
}
