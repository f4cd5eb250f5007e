/**
 * Runs tasks on a single worker thread, one at a time, and kills the thread at a task's deadline.
 *
 * Not a scheduler: tasks queue in order. The thread starts at the first task, is replaced after a kill, a
 * crash or a number of tasks, and does not keep an idle process alive. It must post `ready` once, then one
 * reply per message. Next: `evaluate-worker.ts`, the code of the thread.
 */
import type { Worker } from 'node:worker_threads';
import { GradingError } from '../../errors.ts';
import { spawnWorker } from '../../worker-host.ts';

/** How a task ended. A task that kills its worker is an outcome, not an error. */
export type Outcome<Reply> =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'timeout' }
  /** `first`: the thread had run no other task before. */
  | { kind: 'died'; first: boolean };

export interface WorkerPoolOptions {
  /**
   * Maximum milliseconds per task, without the start of a thread. Default 60 000: a guard against hangs only, that
   * no task reaches on a loaded machine.
   */
  deadlineMs?: number;
  /** Maximum milliseconds for the thread to start. Default 300 000, for loaded machines. */
  startMs?: number;
  /** Number of tasks after which the thread is replaced. Default 2000. */
  tasksPerWorker?: number;
  /** Heap limit of the thread, in MB. Default 128. */
  memoryMb?: number;
  /** Stack of the thread, in MB. Default 4. */
  stackMb?: number;
  /** What the thread works for, in messages. Default: the answer checker. */
  name?: string;
}

const MODEST = { memoryMb: 128, stackMb: 4, name: 'the answer checker' };

/** Runs tasks with the worker module at a URL; see the header. */
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
    this.options = { deadlineMs: 60_000, startMs: 300_000, tasksPerWorker: 2000, ...MODEST, ...options };
  }

  /** Threads started so far. */
  get started(): number {
    return this.threads;
  }

  /**
   * Runs one task after the queued ones. Its deadline starts when the thread has started.
   *
   * @throws GradingError if the pool is closed or its thread cannot start.
   */
  run(task: Task): Promise<Outcome<Reply>> {
    const turn = this.queue.then(() => this.runNow(task));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  /** Stops the thread. A running task ends as `died`; queued ones are rejected. */
  async close(): Promise<void> {
    this.closed = true;
    await this.stop();
    await this.queue;
  }

  private async runNow(task: Task): Promise<Outcome<Reply>> {
    const { name } = this.options;
    if (this.closed) throw new GradingError(`${sentence(name)} is closed.`, 'Create a new one to go on.');
    const worker = this.worker ?? (await this.start());
    this.tasks++;
    const first = this.tasks === 1;
    worker.ref();
    worker.postMessage(task);
    const ending = await nextMessage<Reply>(worker, this.options.deadlineMs);
    worker.unref();
    if (ending.kind !== 'reply' || this.tasks >= this.options.tasksPerWorker) await this.stop();
    return ending.kind === 'died' ? { kind: 'died', first } : ending;
  }

  private async start(): Promise<Worker> {
    const { memoryMb: maxOldGenerationSizeMb, stackMb: stackSizeMb, name } = this.options;
    const worker = spawnWorker(this.url, {
      resourceLimits: { maxOldGenerationSizeMb, maxYoungGenerationSizeMb: 16, stackSizeMb },
    });
    // A failure of the thread is reported as the running task's outcome.
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
        : `stopped immediately${cause(outcome.error)}`;
    throw new GradingError(
      `The worker of ${name} could not start: ${why}.`,
      `Check that ${this.url.pathname} exists and that memory is free.`,
      { cause: outcome.kind === 'died' ? outcome.error : undefined },
    );
  }

  private async stop(): Promise<void> {
    const worker = this.worker;
    this.worker = null;
    await worker?.terminate();
  }
}

function sentence(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
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
    // A reply may already be queued if this thread itself was late.
    const timer = setTimeout(() => setImmediate(finish, { kind: 'timeout' }), deadlineMs);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  });
}
