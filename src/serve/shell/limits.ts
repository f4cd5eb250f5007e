/** Limits of the HTTP shell. They bound the memory and the time that clients can take from the server. */

export interface Limits {
  /** Bytes of one request body. */
  bodyBytes: number;
  /** Bytes of all bodies that are being received or decoded. */
  bodiesBytes: number;
  /** Open connections; more are closed at once. */
  connections: number;
  /** Bytes of all headers of a request. */
  headerBytes: number;
  /** Milliseconds for the headers of a request. */
  headersMs: number;
  /** Milliseconds for a whole request, with its body. */
  requestMs: number;
  /** Milliseconds that a connection may be idle between requests. */
  idleMs: number;
}

export const LIMITS: Limits = {
  // Clients split a batch into chunks of at most 5 MB, unless one sequence alone is larger.
  bodyBytes: 64 * 1024 * 1024,
  bodiesBytes: 512 * 1024 * 1024,
  // Each waiting client holds one connection per result that it waits for.
  connections: 4096,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 120_000,
  idleMs: 75_000,
};
