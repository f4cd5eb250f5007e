/** Time, in milliseconds, as the transport sees it. A test may let it run faster. */

import { onAbort } from './abort.ts';

export interface Clock {
  now(): number;
  /** Resolves after `ms`, or as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const end = (): void => {
        clearTimeout(timer);
        release();
        resolve();
      };
      const timer = setTimeout(end, ms);
      const release = onAbort(signal, end);
    }),
};
