/**
 * Removes the limit of five minutes that Node's fetch waits for a header: a long reply on a slow machine takes longer.
 * The limit can only be set on the connection pool (an undici `Agent`). Node does not export its class, so it is taken
 * from the pool that fetch uses. If this fails, the limit stays.
 */

type Dispatcher = NonNullable<RequestInit['dispatcher']>;

/** Key under which undici stores the pool of the process; the same in Node 20 to 24. */
const POOL = Symbol.for('undici.globalDispatcher.1');

/** Creates a pool without timeouts, because each request has a deadline; returns null if that is not possible. */
export async function longFetchDispatcher(): Promise<{ dispatcher: Dispatcher; close: () => Promise<void> } | null> {
  // The first fetch creates the pool; a data URL opens no connection.
  await fetch('data:,');
  const pool: unknown = Reflect.get(globalThis, POOL);
  if (typeof pool !== 'object' || pool === null) return null;
  try {
    const agent: unknown = Reflect.construct(pool.constructor, [{ headersTimeout: 0, bodyTimeout: 0 }]);
    return isAgent(agent) ? { dispatcher: agent, close: () => agent.close() } : null;
  } catch {
    return null;
  }
}

function isAgent(value: unknown): value is Dispatcher {
  if (typeof value !== 'object' || value === null) return false;
  return typeof Reflect.get(value, 'dispatch') === 'function' && typeof Reflect.get(value, 'close') === 'function';
}
