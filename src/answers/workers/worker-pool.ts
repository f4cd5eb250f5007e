/**
 * One worker thread that answers one question at a time and is killed at its deadline.
 *
 * Not a scheduler: tasks queue in order. The thread starts at the first task, is replaced after a kill,
 * a crash or a number of tasks, and lets the process exit while idle. It must post `ready` once, then
 * one reply per message. Next: `evaluate-worker.ts` is what runs there.
 */
import type { Worker } from 'node:worker_threads';
import { GradingError } from '../../errors.ts';
import { spawnWorker } from '../../worker-host.ts';

/** How a task ended and how long it took, without its wait and the thread's start. */
export interface Run<Reply> {
  outcome: Outcome<Reply>;
  milliseconds: number;
}

/** A task that kills its worker is an outcome, not an error. */
export type Outcome<Reply> = { kind: 'reply'; reply: Reply } | { kind: 'timeout' } | { kind: 'died' };

export interface WorkerPoolOptions {
  /** Milliseconds that one task may take. Default 1000. */
  deadlineMs?: number;
  /** Milliseconds that the thread may take to start. Default 60 000: loaded machines are slow. */
  startMs?: number;
  /** Tasks after which the thread is replaced. Default 2000. */
  tasksPerWorker?: number;
  /** Heap limit of the thread, in MB. Default 128. */
  memoryMb?: number;
}

/** Runs tasks of the module at a URL, see the header. */
export class WorkerPool<Task, Reply> {
  private readonly url: URL;
  private readonly options: Required<WorkerPoolOptions>;
  private worker: Worker | null = null;
  private tasks = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;
  private threads = 0;

  constructor(url: URL, options: WorkerPoolOptions = {}) {
    this.url = url;
    this.options = { deadlineMs: 1000, startMs: 60_000, tasksPerWorker: 2000, memoryMb: 128, ...options };
  }

  /** Threads started so far. */
  get started(): number {
    return this.threads;
  }

  /**
   * Runs one task after those before it, within `deadlineMs` or the pool's own deadline.
   * @throws GradingError when the pool is closed or its thread cannot start.
   */
  run(task: Task, deadlineMs: number = this.options.deadlineMs): Promise<Run<Reply>> {
    const turn = this.queue.then(() => this.runNow(task, deadlineMs));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Stops the thread; a task that is running ends as `died`, those after it are refused. */
  async close(): Promise<void> {
    this.closed = true;
    await this.stop();
    await this.queue;
  }

  private async runNow(task: Task, deadlineMs: number): Promise<Run<Reply>> {
    if (this.closed)
      throw new GradingError('The answer checker is closed.', 'Create a new grader for further answers.');
    const worker = this.worker ?? (await this.start());
    this.tasks++;
    const start = performance.now();
    worker.ref();
    worker.postMessage(task);
    const outcome = await nextMessage<Reply>(worker, deadlineMs);
    worker.unref();
    if (outcome.kind !== 'reply' || this.tasks >= this.options.tasksPerWorker) await this.stop();
    return { outcome, milliseconds: performance.now() - start };
  }

  private async start(): Promise<Worker> {
    const worker = spawnWorker(this.url, {
      resourceLimits: { maxOldGenerationSizeMb: this.options.memoryMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    });
    // Whatever breaks the thread shows up as the running task's outcome.
    worker.on('error', () => undefined);
    this.threads++;
    this.tasks = 0;
    this.worker = worker;
    const outcome = await nextMessage(worker, this.options.startMs);
    if (outcome.kind === 'reply') return worker;
    await this.stop();
    const why =
      outcome.kind === 'timeout'
        ? `not ready within ${this.options.startMs} ms`
        : `stopped at once${cause(outcome.error)}`;
    throw new GradingError(
      `The answer checker's worker could not start: ${why}.`,
      `Check that ${this.url.pathname} is installed and that memory is free.`,
      { cause: outcome.kind === 'died' ? outcome.error : undefined },
    );
  }

  private async stop(): Promise<void> {
    const worker = this.worker;
    this.worker = null;
    await worker?.terminate();
  }
}

function cause(error: Error | undefined): string {
  return error === undefined ? '' : ` (${error.message})`;
}

type Ending<Reply> = { kind: 'reply'; reply: Reply } | { kind: 'timeout' } | { kind: 'died'; error?: Error };

function nextMessage<Reply>(worker: Worker, deadlineMs: number): Promise<Ending<Reply>> {
  return new Promise((resolve) => {
    const finish = (ending: Ending<Reply>): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      resolve(ending);
    };
    const onMessage = (reply: Reply): void => finish({ kind: 'reply', reply });
    const onError = (error: Error): void => finish({ kind: 'died', error });
    const onExit = (): void => finish({ kind: 'died' });
    // A reply may be waiting already when this thread itself was the late one.
    const timer = setTimeout(() => setImmediate(finish, { kind: 'timeout' }), deadlineMs);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
