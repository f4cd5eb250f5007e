/**
 * The order of a model's training requests. Every request has a number, from 1 without holes, and runs after those
 * before it, whatever the order of arrival. A refused request uses up its number. Where a number is missing, the next
 * requests wait for it, but not for ever: then `onGap` is called, and the first of them runs.
 */

export interface Turn {
  /** Number of the request. */
  seq: number;
  /**
   * Whether it only reads the model (a save). After the wait for a missing number it runs, and the missing one may
   * still come: a save does not depend on it.
   */
  reading: boolean;
  /** Runs the request; resolves when it has ended, and never rejects. */
  run: () => Promise<void>;
  /** Called instead if the order is closed first. */
  fail: (why: string) => void;
}

export interface OrderOptions {
  /** Milliseconds to wait for a missing number. */
  gapMs: number;
  /** Called before a turn that changes the model runs although numbers before it are missing. */
  onGap: (missing: number, turn: Turn) => void;
}

interface Held extends Turn {
  since: number;
}

export class Order {
  #options: OrderOptions;
  #next = 1;
  #held = new Map<number, Held>();
  /** Numbers from `#next` on that need not be waited for. */
  #used = new Set<number>();
  #running = false;
  #closed = false;
  #timer: NodeJS.Timeout | null = null;
  /** When a turn in order ended last, in milliseconds of the monotonic clock. */
  #progress = 0;

  constructor(options: OrderOptions) {
    this.#options = options;
  }

  /** The smallest number that has neither run nor been used up. */
  get next(): number {
    return this.#next;
  }

  /** Number of requests that wait. */
  get waiting(): number {
    return this.#held.size;
  }

  /** Whether nothing has run, waits or was used up. */
  get untouched(): boolean {
    return this.#next === 1 && this.#held.size === 0 && this.#used.size === 0;
  }

  /** Adds a request whose number is at least `next` and not used. */
  add(turn: Turn): void {
    this.#held.set(turn.seq, { ...turn, since: performance.now() });
    this.#pump();
  }

  /** Marks a number as used up by a refused request. */
  skip(seq: number): void {
    if (seq >= this.#next) this.#used.add(seq);
    this.#pump();
  }

  /** Runs nothing more: the requests that wait fail. */
  close(why: string): void {
    this.#closed = true;
    this.#disarm();
    for (const turn of this.#held.values()) turn.fail(why);
    this.#held.clear();
  }

  #pump(): void {
    if (this.#running || this.#closed) return;
    while (this.#used.delete(this.#next)) this.#next++;
    const turn = this.#held.get(this.#next);
    if (turn !== undefined) {
      this.#next++;
      this.#start(turn, true);
    } else if (this.#held.size > 0) {
      this.#arm();
    }
  }

  #start(turn: Held, inOrder: boolean): void {
    this.#disarm();
    this.#held.delete(turn.seq);
    this.#running = true;
    void this.#finish(turn, inOrder);
  }

  async #finish(turn: Turn, inOrder: boolean): Promise<void> {
    await turn.run();
    this.#running = false;
    if (inOrder) this.#progress = performance.now();
    this.#pump();
  }

  #arm(): void {
    if (this.#timer !== null) return;
    const first = this.#first();
    if (first === undefined) return;
    const left = Math.max(first.since, this.#progress) + this.#options.gapMs - performance.now();
    this.#timer = setTimeout(() => this.#giveUp(), Math.max(0, left));
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #giveUp(): void {
    this.#timer = null;
    const first = this.#first();
    if (first === undefined) return;
    if (Math.max(first.since, this.#progress) + this.#options.gapMs > performance.now()) return this.#arm();
    if (first.reading) {
      this.#used.add(first.seq);
      this.#start(first, false);
      return;
    }
    this.#options.onGap(this.#next, first);
    for (const seq of this.#used) if (seq < first.seq) this.#used.delete(seq);
    this.#next = first.seq + 1;
    this.#start(first, true);
  }

  #first(): Held | undefined {
    let first: Held | undefined;
    for (const turn of this.#held.values()) if (first === undefined || turn.seq < first.seq) first = turn;
    return first;
  }
}
