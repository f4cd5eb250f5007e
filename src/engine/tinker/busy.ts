/** Counts the seconds in which at least one call was in progress. */
export class BusyClock {
  #calls = 0;
  #since = 0;
  #seconds = 0;

  /** Counts the time until `work` ends. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#calls++ === 0) this.#since = performance.now();
    try {
      return await work();
    } finally {
      if (--this.#calls === 0) this.#seconds += (performance.now() - this.#since) / 1000;
    }
  }

  seconds(): number {
    return this.#seconds + (this.#calls === 0 ? 0 : (performance.now() - this.#since) / 1000);
  }
}
