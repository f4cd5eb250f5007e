/**
 * Gathers drawn tokens and sends them in batches: a message per token would take more time than a small model's
 * decoding step.
 */

import type { DrawnTokens } from '../../engine.ts';
import type { Ending, Place } from './continuous-batching.ts';

/** Shortest time between two batches. */
const INTERVAL_MS = 30;

export class TokenStream {
  #send: (drawn: DrawnTokens[]) => void;
  #now: () => number;
  #waiting = new Map<string, DrawnTokens>();
  #last = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a monotonic clock */
  constructor(send: (drawn: DrawnTokens[]) => void, now: () => number = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  /** Adds a token; sends all that wait if the last batch is old enough. */
  drawn(place: Place, token: number, logprob: number): void {
    const own = this.#of(place);
    own.tokens.push(token);
    // As the completion has them: rounded to 32 bits.
    own.logprobs.push(Math.fround(logprob));
    this.#sendIfDue();
  }

  /** Adds the end of a completion. */
  ended(place: Place, { stop, stopString, policyVersion }: Ending): void {
    this.#of(place).end = { stop, ...(stopString === undefined ? {} : { stopString }), policyVersion };
    this.#sendIfDue();
  }

  /** Sends all that waits. */
  flush(): void {
    this.#last = this.#now();
    if (this.#waiting.size === 0) return;
    this.#send([...this.#waiting.values()]);
    this.#waiting.clear();
  }

  #of({ request, sample }: Place): DrawnTokens {
    const key = `${request}.${sample}`;
    const own = this.#waiting.get(key) ?? { request, completion: sample, tokens: [], logprobs: [], end: null };
    this.#waiting.set(key, own);
    return own;
  }

  #sendIfDue(): void {
    if (this.#now() - this.#last >= INTERVAL_MS) this.flush();
  }
}
