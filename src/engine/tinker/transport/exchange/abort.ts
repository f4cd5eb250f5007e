/** Aborts of calls. */

import { EngineError } from '../../../../errors.ts';

/** One listener per signal, however many calls wait on it: thousands of listeners would each be found by a scan. */
const hubs = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `action` when the signal aborts; returns a function that takes it back. `action` must not throw. */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => {};
  let hub = hubs.get(signal);
  if (hub === undefined) {
    const actions = new Set<() => void>();
    signal.addEventListener('abort', () => {
      for (const each of actions) each();
    });
    hubs.set(signal, actions);
    hub = actions;
  }
  const actions = hub;
  const own = (): void => action();
  actions.add(own);
  return () => actions.delete(own);
}

/** Throws EngineError `aborted` if the signal is aborted. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.', { cause: signal.reason });
}
