/**
 * How many requests run at once, and how many tokens they may use altogether. A request reserves the most that
 * it could cost before it starts, so a budget is never overrun by requests that are already on their way.
 */

/** Tokens that may be used. Several endpoints may share one. */
export class Purse {
  readonly budget: number;
  #used = 0;
  #reserved = 0;
  readonly #listeners = new Set<() => void>();

  /** `budget` Infinity is none. */
  constructor(budget: number) {
    this.budget = budget;
  }

  /** Tokens of all requests that were answered. */
  get used(): number {
    return this.#used;
  }

  /** Whether `tokens` can be paid for: now, when something under way has come back (`later`), or not at all. */
  affords(tokens: number): 'now' | 'later' | 'never' {
    if (this.#used + tokens > this.budget) return 'never';
    return this.#used + this.#reserved + tokens > this.budget ? 'later' : 'now';
  }

  reserve(tokens: number): void {
    this.#reserved += tokens;
  }

  /** Gives a reservation back and books what was really used. */
  settle(reserved: number, used: number): void {
    this.#reserved -= reserved;
    this.#used += used;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` whenever something is settled; returns how to end that. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export class Lanes {
  readonly purse: Purse;
  #free: number;
  #used = 0;

  constructor(concurrency: number, purse: Purse) {
    this.#free = concurrency;
    this.purse = purse;
  }

  /** Tokens of all requests that were answered on these lanes. */
  get used(): number {
    return this.#used;
  }

  /**
   * `in`: a lane is taken, and `leave` must follow. `busy`: try again when something leaves. `spent`: the
   * budget cannot pay for `tokens`, whatever the requests under way give back.
   */
  enter(tokens: number): 'in' | 'busy' | 'spent' {
    const afforded = this.purse.affords(tokens);
    if (afforded === 'never') return 'spent';
    if (this.#free === 0 || afforded === 'later') return 'busy';
    this.#free--;
    this.purse.reserve(tokens);
    return 'in';
  }

  /** Gives the lane and the reservation back, and books what was really used. */
  leave(reserved: number, used: number): void {
    this.#free++;
    this.#used += used;
    this.purse.settle(reserved, used);
  }

  /** Calls `listener` whenever something leaves; returns how to end that. */
  watch(listener: () => void): () => void {
    return this.purse.watch(listener);
  }
}
