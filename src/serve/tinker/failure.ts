/** Requests that were accepted and then failed: their future says why. */

import { isAborted, RzeroError } from '../../errors.ts';
import { Refusal } from '../shell/refusal.ts';
import type { Result } from './futures.ts';

/** A request that was accepted and cannot be done. The message is for the client. */
export class RequestFailure extends Error {
  readonly category: 'user' | 'server';

  constructor(message: string, category: 'user' | 'server' = 'user') {
    super(message);
    this.name = 'RequestFailure';
    this.category = category;
  }
}

/** The answer to requests that a stopped server did not do. */
export const STOPPED = 'The server was stopped before the request was done. Repeat it when the server runs again.';

const OF_THE_CLIENT: ReadonlySet<string> = new Set(['engine/user', 'engine/numeric', 'model-load']);

/**
 * Returns the result of a request that failed. Errors that are neither refusals nor errors of this project are faults
 * of the program: the client does not see their text.
 */
export function failed(error: unknown, onFault: (error: unknown) => void): Result {
  if (error instanceof RequestFailure) return { kind: 'failed', error: error.message, category: error.category };
  if (error instanceof Refusal) return { kind: 'failed', error: error.message, category: 'user' };
  if (isAborted(error)) return { kind: 'failed', error: STOPPED, category: 'server' };
  if (error instanceof RzeroError) {
    const category = OF_THE_CLIENT.has(error.code) ? 'user' : 'server';
    if (category === 'server') onFault(error);
    // The advice is for the command line.
    return { kind: 'failed', error: error.message.split('\n', 1)[0], category };
  }
  onFault(error);
  return { kind: 'failed', error: 'The server failed. Its output has the reason.', category: 'server' };
}
