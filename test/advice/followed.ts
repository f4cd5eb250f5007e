/** Cases of errors whose advice is carried out: what causes the error, and what the advice does about it. */

import { RzeroError } from '../../src/errors.ts';

/** One error and its advice. A case fails if the error has other words, or if the advice does not help. */
export interface AdviceCase {
  /** File under src/ that creates the error, e.g. `store/runs.ts`. */
  file: string;
  /** Part of the message's fixed text, as in the source: `…` stands for a computed part. */
  message: string;
  /** What the printed advice must say. */
  advice: string | RegExp;
  /** Causes the error: throws it, or rejects with it. `place` is an empty folder of this case. */
  provoke(place: string): unknown;
  /** Carries out the advice and does again what failed. Throws if that does not help. */
  follow(place: string, error: RzeroError): unknown;
}

/** An error whose advice cannot be carried out in a test. */
export interface Unfollowed {
  file: string;
  message: string;
  /** Why not, and which test covers the error instead. */
  why: string;
}

/** Returns the error that `work` throws. Fails if it throws another kind or none. */
export async function errorOf(work: () => unknown): Promise<RzeroError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RzeroError) return error;
    throw error;
  }
  throw new Error('The case caused no error.');
}
