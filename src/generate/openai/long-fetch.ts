/**
 * Node's fetch gives up after five minutes without a header, which a long reply on a slow machine needs easily.
 * The limit can only be changed on the connection pool (an undici `Agent`), whose class Node does not export: it
 * is taken from the pool that fetch itself uses. Where that fails, requests keep the five minutes.
 */

type Dispatcher = NonNullable<RequestInit['dispatcher']>;

/** Where undici keeps the pool of the process; the same in Node 20 to 24. */
const POOL = Symbol.for('undici.globalDispatcher.1');

/** A pool without timeouts of its own (each request has a deadline), or null where none can be made. */
export async function longFetchDispatcher(): Promise<{ dispatcher: Dispatcher; close: () => Promise<void> } | null> {
  // The first fetch makes the pool; this one stays inside the process.
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
