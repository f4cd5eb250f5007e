/** Tells the user when the service makes the whole process wait. */

import type { Clock } from './clock.ts';

/** Called with a reason for people (`it does not answer (ECONNREFUSED)`), and the seconds waited so far. */
export type OnWaiting = (reason: string, seconds: number) => void;

const FIRST_REPORT_MS = 5000;
const REPORT_EVERY_MS = 30_000;

/** Collects the faults of all requests; any success ends the wait. */
export class WaitMonitor {
  #clock: Clock;
  #report: OnWaiting;
  #since: number | null = null;
  #next = 0;

  constructor(clock: Clock, report: OnWaiting = () => {}) {
    this.#clock = clock;
    this.#report = report;
  }

  /** A request has to wait for `reason`. Reports after five seconds, then every thirty. */
  note(reason: string): void {
    const now = this.#clock.now();
    if (this.#since === null) {
      this.#since = now;
      this.#next = now + FIRST_REPORT_MS;
    }
    if (now < this.#next) return;
    this.#next = now + REPORT_EVERY_MS;
    this.#report(reason, (now - this.#since) / 1000);
  }

  clear(): void {
    this.#since = null;
  }
}

const FIRST_MS = 500;
const LAST_MS = 30_000;

/** Milliseconds before repetition `count` (from 0): 0.5 s, doubling up to 30 s, spread by up to a half. */
export function backoff(count: number, spread: number): number {
  const full = Math.min(FIRST_MS * 2 ** Math.min(count, 20), LAST_MS);
  return full * (0.5 + spread / 2);
}
