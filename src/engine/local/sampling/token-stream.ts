/**
 * Gathers drawn tokens and sends them in batches: a message per token would take more time than a small model's
 * decoding step.
 */

import type { DrawnTokens } from '../../engine.ts';

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
  readonly add = ({ request, sample }: { request: number; sample: number }, token: number, logprob: number): void => {
    const key = `${request}.${sample}`;
    const drawn = this.#waiting.get(key) ?? { request, completion: sample, tokens: [], logprobs: [] };
    drawn.tokens.push(token);
    // As the completion has them: rounded to 32 bits.
    drawn.logprobs.push(Math.fround(logprob));
    this.#waiting.set(key, drawn);
    if (this.#now() - this.#last >= INTERVAL_MS) this.flush();
  };

  /** Sends all tokens that wait. */
  flush(): void {
    this.#last = this.#now();
    if (this.#waiting.size === 0) return;
    this.#send([...this.#waiting.values()]);
    this.#waiting.clear();
  }
}
