/**
 * How many requests run at once, and how many tokens they may use altogether. A request reserves the most that
 * it could cost before it starts, so a budget is never overrun by requests that are already on their way.
 */

export class Lanes {
  readonly budget: number;
  #free: number;
  #used = 0;
  #reserved = 0;
  readonly #listeners = new Set<() => void>();

  /** `budget` Infinity is none. */
  constructor(concurrency: number, budget: number) {
    this.#free = concurrency;
    this.budget = budget;
  }

  /** Tokens of all requests that were answered. */
  get used(): number {
    return this.#used;
  }

  /**
   * `in`: a lane is taken, and `leave` must follow. `busy`: try again when something leaves. `spent`: the
   * budget cannot pay for `tokens`, whatever the requests under way give back.
   */
  enter(tokens: number): 'in' | 'busy' | 'spent' {
    if (this.#used + tokens > this.budget) return 'spent';
    if (this.#free === 0 || this.#used + this.#reserved + tokens > this.budget) return 'busy';
    this.#free--;
    this.#reserved += tokens;
    return 'in';
  }

  /** Gives the lane and the reservation back, and books what was really used. */
  leave(reserved: number, used: number): void {
    this.#free++;
    this.#reserved -= reserved;
    this.#used += used;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` whenever something leaves; returns how to end that. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
