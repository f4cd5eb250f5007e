/**
 * What both samplers of a pair read and write during a call, in shared memory: a thread inside ONNX Runtime receives no
 * messages. Neither side waits for the other here.
 */

const NEXT = 0;
const STOPPED = 1;
const DONE = 2;
const TOKENS = 3;
/** Index of the first request's flag. */
const ABORTED = 4;

/** Thrown by a side because the other one has stopped the call. */
export class SideStopped extends Error {}

export class Board {
  readonly memory: SharedArrayBuffer;
  #cells: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  static forRequests(count: number): Board {
    return new Board(new SharedArrayBuffer((ABORTED + count) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Takes completions: from the first that is left up to `endOf` of it. Null if none is left. */
  take(total: number, endOf: (from: number) => number): { from: number; to: number } | null {
    for (;;) {
      const from = Atomics.load(this.#cells, NEXT);
      if (from >= total) return null;
      const to = endOf(from);
      if (Atomics.compareExchange(this.#cells, NEXT, from, to) === from) return { from, to };
    }
  }

  /** Makes both sides end the call at their next step. */
  stop(): void {
    Atomics.store(this.#cells, STOPPED, 1);
  }

  /** Throws SideStopped if the call must end. */
  check(): void {
    if (Atomics.load(this.#cells, STOPPED) === 1) throw new SideStopped();
  }

  /** Records the progress of the peer: completions that have ended, and tokens in addition to earlier ones. */
  record(done: number, tokens: number): void {
    Atomics.store(this.#cells, DONE, done);
    Atomics.add(this.#cells, TOKENS, tokens);
  }

  /** Returns completions that the peer has ended, and its tokens since the last call. */
  recorded(): { done: number; tokens: number } {
    return { done: Atomics.load(this.#cells, DONE), tokens: Atomics.exchange(this.#cells, TOKENS, 0) };
  }

  abort(request: number): void {
    Atomics.store(this.#cells, ABORTED + request, 1);
  }

  isAborted(request: number): boolean {
    return Atomics.load(this.#cells, ABORTED + request) === 1;
  }
}
