/** Limits of event streams: they bound what readers can hold, whether they read or not. */

export interface StreamLimits {
  /** Open streams of the server. */
  streams: number;
  /** Open streams of one address. */
  streamsOfClient: number;
  /** Bytes that wait for a reader; a reader that lets more wait is dropped. */
  waitingBytes: number;
  /** Milliseconds between signs of life. */
  heartbeatMs: number;
  /** Milliseconds after which a stream ends, so that a reader that vanished frees its place. It connects again. */
  longestMs: number;
  /** Bytes of the newest events that are kept for readers who come (back). */
  keptBytes: number;
  /** Milliseconds between looks at whether the run is going. */
  stateMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  streams: 128,
  streamsOfClient: 64,
  waitingBytes: 512 * 1024,
  heartbeatMs: 15_000,
  longestMs: 30 * 60_000,
  keptBytes: 512 * 1024,
  stateMs: 2000,
};
