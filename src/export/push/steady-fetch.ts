/**
 * A fetch for uploads: it tries again after broken connections and errors of the server, and sends the user's token to no
 * other host than the hub.
 */

import { setTimeout } from 'node:timers/promises';

const TRIES = 4;
const FIRST_PAUSE_MS = 500;

export interface SteadyOptions {
  /** Address of the hub. */
  endpoint: string;
  /** Pause before the first retry, in milliseconds; doubled each time. */
  pause?: number;
}

/** Wraps `base`. Redirects to another host are followed without the token, as the standard says. */
export function steadyFetch(base: typeof fetch, { endpoint, pause = FIRST_PAUSE_MS }: SteadyOptions): typeof fetch {
  const home = new URL(endpoint).origin;
  return async (input, init = {}) => {
    const address = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    if (address.origin !== home) headers.delete('authorization');
    for (let tried = 1; ; tried++) {
      const isLast = tried === TRIES;
      try {
        const response = await base(address, { ...init, headers });
        if (isLast || !isTransient(response.status)) return response;
        await response.body?.cancel();
      } catch (error) {
        if (isLast || init.signal?.aborted === true) throw error;
      }
      await setTimeout(pause * 2 ** (tried - 1));
    }
  };
}

function isTransient(status: number): boolean {
  return status >= 500 || status === 429;
}
