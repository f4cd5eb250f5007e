/**
 * The queue of the engine, which does one thing at a time. Jobs wait in lanes: one per model that is trained, one per
 * set of weights that is sampled from. Lanes take turns, so a long training batch of one client delays another client
 * by at most one job per lane.
 */

type Job = () => Promise<void>;

export class WorkQueue {
  #lanes = new Map<string, Job[]>();
  #running = false;
  #idle: (() => void)[] = [];
  #closed = false;
  #refusal: () => Error;

  /** @param refusal makes the error of jobs that a closed queue does not run */
  constructor(refusal: () => Error) {
    this.#refusal = refusal;
  }

  /** Adds a job to a lane. A job must not throw. After `close`, jobs are dropped. */
  add(lane: string, job: Job): void {
    if (this.#closed) return;
    const jobs = this.#lanes.get(lane);
    if (jobs === undefined) this.#lanes.set(lane, [job]);
    else jobs.push(job);
    void this.#run();
  }

  /** Adds a job to a lane, and returns its result. Rejects if the queue is closed first. */
  do<T>(lane: string, job: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) reject(this.#refusal());
      this.add(lane, () => job().then(resolve, reject));
    });
  }

  /** Drops the waiting jobs, and resolves when the running one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#lanes.clear();
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (let [first] = this.#lanes; first !== undefined; [first] = this.#lanes) {
      const [lane, jobs] = first;
      await jobs.shift()?.();
      // Behind the lanes that came while its job ran.
      this.#lanes.delete(lane);
      if (jobs.length > 0 && !this.#closed) this.#lanes.set(lane, jobs);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
