/** A clock for tests of waiting: a sleep lets its time pass at once. */

import type { Clock } from '../../src/engine/tinker/transport/exchange/clock.ts';

export class FastClock implements Clock {
  #now = 0;
  /** All waits so far, in milliseconds. */
  readonly waits: number[] = [];

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.waits.push(ms);
    this.#now += ms;
    // Requests that are under way may proceed.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
