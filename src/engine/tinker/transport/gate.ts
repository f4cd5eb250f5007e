/** Limits on what is in progress at once: first come, first served, and waiting costs no timer. */

import { checkAborted, onAbort } from './exchange/abort.ts';
import type { Clock } from './exchange/clock.ts';

interface Waiter {
  bytes: number;
  enter: () => void;
}

export interface GateLimits {
  count: number;
  /** Infinity is no limit. One request larger than this passes alone. */
  bytes: number;
}

/** Numbers of the SDK for the time after the service asked for fewer samples. */
const THROTTLE_MS = 10_000;
const THROTTLED_COUNT = 10;
const THROTTLED_WEIGHT = 20;

/** A counter of requests and bytes in progress. */
export class Gate {
  #limits: GateLimits;
  #clock: Clock;
  #count = 0;
  #bytes = 0;
  /** In order of arrival. */
  #waiters = new Set<Waiter>();
  #throttledUntil = -Infinity;
  #timer = false;

  constructor(limits: GateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Waits for room; the result gives the room back. Throws EngineError `aborted`. */
  async enter(bytes: number, signal?: AbortSignal): Promise<() => void> {
    checkAborted(signal);
    if (this.#waiters.size > 0 || !this.#fits(bytes)) await this.#queue(bytes, signal);
    else this.#take(bytes);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#count--;
      this.#bytes -= bytes;
      this.#admit();
    };
  }

  /** Lets only a few through for ten seconds. */
  throttle(): void {
    this.#throttledUntil = this.#clock.now() + THROTTLE_MS;
  }

  async #queue(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    let release = (): void => {};
    const entered = new Promise<boolean>((resolve) => {
      const waiter: Waiter = { bytes, enter: () => resolve(true) };
      this.#waiters.add(waiter);
      release = onAbort(signal, () => {
        this.#waiters.delete(waiter);
        resolve(false);
        this.#admit();
      });
    });
    this.#admitAfterThrottle();
    const admitted = await entered;
    release();
    if (!admitted) checkAborted(signal);
  }

  #take(bytes: number): void {
    this.#count++;
    this.#bytes += bytes;
  }

  #fits(bytes: number): boolean {
    if (this.#count === 0) return true;
    const throttled = this.#clock.now() < this.#throttledUntil;
    const count = throttled ? Math.min(THROTTLED_COUNT, this.#limits.count) : this.#limits.count;
    const weight = throttled ? THROTTLED_WEIGHT : 1;
    return this.#count < count && (this.#bytes + bytes) * weight <= this.#limits.bytes;
  }

  #admit(): void {
    for (const waiter of this.#waiters) {
      if (!this.#fits(waiter.bytes)) break;
      this.#waiters.delete(waiter);
      // Counted at once, so that no other call takes the place before the waiter runs.
      this.#take(waiter.bytes);
      waiter.enter();
    }
    this.#admitAfterThrottle();
  }

  /** One timer for all who wait for the end of the throttling. */
  #admitAfterThrottle(): void {
    const left = this.#throttledUntil - this.#clock.now();
    if (this.#timer || left <= 0 || this.#waiters.size === 0) return;
    this.#timer = true;
    void this.#admitAfter(left);
  }

  async #admitAfter(ms: number): Promise<void> {
    await this.#clock.sleep(ms);
    this.#timer = false;
    this.#admit();
  }
}
