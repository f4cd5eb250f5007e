/**
 * Limits the number of concurrent requests and the tokens that they use in total. A request reserves its maximum cost
 * before it starts, so running requests never exceed the budget.
 */

/** A budget of tokens. Several endpoints may share one. */
export class Purse {
  readonly budget: number;
  #used = 0;
  #reserved = 0;
  readonly #listeners = new Set<() => void>();

  /** @param budget in tokens; Infinity is no limit */
  constructor(budget: number) {
    this.budget = budget;
  }

  /** Tokens of all completed requests. */
  get used(): number {
    return this.#used;
  }

  /** Checks whether the budget allows `tokens`: now, after running requests have ended (`later`), or not at all. */
  affords(tokens: number): 'now' | 'later' | 'never' {
    if (this.#used + tokens > this.budget) return 'never';
    return this.#used + this.#reserved + tokens > this.budget ? 'later' : 'now';
  }

  reserve(tokens: number): void {
    this.#reserved += tokens;
  }

  /** Releases a reservation and records the tokens that were used. */
  settle(reserved: number, used: number): void {
    this.#reserved -= reserved;
    this.#used += used;
    for (const listener of this.#listeners) listener();
  }

  /** Calls `listener` after every release; returns a function that removes it. */
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

  /** Tokens of all completed requests on these lanes. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes a lane. `in`: taken, and the caller must call `leave`. `busy`: try again after another request leaves.
   * `spent`: the budget does not allow `tokens`, even after all running requests have ended.
   */
  enter(tokens: number): 'in' | 'busy' | 'spent' {
    const afforded = this.purse.affords(tokens);
    if (afforded === 'never') return 'spent';
    if (this.#free === 0 || afforded === 'later') return 'busy';
    this.#free--;
    this.purse.reserve(tokens);
    return 'in';
  }

  /** Releases the lane and the reservation, and records the tokens that were used. */
  leave(reserved: number, used: number): void {
    this.#free++;
    this.#used += used;
    this.purse.settle(reserved, used);
  }

  /** Calls `listener` after every `leave`; returns a function that removes it. */
  watch(listener: () => void): () => void {
    return this.purse.watch(listener);
  }
}
