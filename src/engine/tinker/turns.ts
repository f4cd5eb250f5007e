/** Limits on calls that run at the same time. */

/** Runs one call after another. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after all earlier calls have ended, whatever their result. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const turn = before.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** A number of places that calls share; a call may need several. First come, first served. */
export class Places {
  #free: number;
  readonly #total: number;
  #waiting: { count: number; enter: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Runs `work` as soon as `count` places are free. A call that needs more than all places takes all. */
  async hold<T>(count: number, work: () => Promise<T>): Promise<T> {
    const needed = Math.min(count, this.#total);
    await this.#enter(needed);
    try {
      return await work();
    } finally {
      this.#free += needed;
      this.#admit();
    }
  }

  async #enter(count: number): Promise<void> {
    if (this.#waiting.length === 0 && count <= this.#free) {
      this.#free -= count;
      return;
    }
    await new Promise<void>((enter) => {
      this.#waiting.push({ count, enter });
    });
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#waiting[0].count <= this.#free) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#free -= next.count;
      next.enter();
    }
  }
}
