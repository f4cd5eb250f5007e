import { setMaxListeners } from 'node:events';

/** An abort that can be set off here, and that follows a longer-lived signal. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Stops following the other signal, which then keeps nothing of this one alive. */
  release(): void;
}

/** Creates an abort that also follows `outer`, with its reason. Call `release` when the work is over. */
export function linkedAbort(outer: AbortSignal | undefined): LinkedAbort {
  const inner = new AbortController();
  // Hundreds of calls may listen at once; that is no leak.
  setMaxListeners(0, inner.signal);
  const follow = (): void => inner.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });
  return {
    signal: inner.signal,
    abort: (reason) => inner.abort(reason),
    release: () => outer?.removeEventListener('abort', follow),
  };
}
