/**
 * Serves the page in a thread of its own while a run goes on. Nothing that happens to it reaches the run: a failure is
 * one message, and the run goes on without the page.
 */

import { basename, dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import { isPassing, type StampedEvent } from '../../events.ts';
import { spawnWorker } from '../../worker-host.ts';

export interface PageWorkerStart {
  runsDir: string;
  /** Name of the run's folder in it. */
  run: string;
}

export type ToWorker = { type: 'pass'; event: StampedEvent } | { type: 'close' };
export type ToHost = { type: 'open'; url: string } | { type: 'failed'; message: string };

export interface PageThread {
  /** Address of the page; null if it could not be served. */
  readonly url: Promise<string | null>;
  /** Shows a passing event on the page; at most four a second. Other events reach it through the event log. */
  pass(event: StampedEvent): void;
  /** Ends the page, after its readers have had the last events, within `CLOSE_MS`. */
  close(): Promise<void>;
}

const PASS_MS = 250;
const CLOSE_MS = 1500;
/** Megabytes of memory after which the thread ends, instead of the run. */
const MEMORY = 1024;

/**
 * Serves the page about the run in `runDir` and its neighbours. Never throws. `onProblem` is called, at most once, with
 * the reason why there is no page.
 */
export function openPageThread(runDir: string, onProblem: (message: string) => void): PageThread {
  try {
    return new Thread(runDir, onProblem);
  } catch (error) {
    onProblem(messageOf(error));
    return { url: Promise.resolve(null), pass: () => undefined, close: async () => undefined };
  }
}

class Thread implements PageThread {
  readonly url: Promise<string | null>;
  readonly #worker: Worker;
  readonly #onProblem: (message: string) => void;
  #settle: (url: string | null) => void = () => {};
  #isOver = false;
  #passedAt = -PASS_MS;

  constructor(runDir: string, onProblem: (message: string) => void) {
    this.#onProblem = onProblem;
    this.url = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const workerData: PageWorkerStart = { runsDir: dirname(runDir), run: basename(runDir) };
    this.#worker = spawnWorker(new URL('./page-worker.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    });
    this.#worker.on('message', (message: ToHost) => {
      if (message.type === 'open') this.#settle(message.url);
      else this.#fail(message.message);
    });
    this.#worker.on('error', (error) => this.#fail(messageOf(error)));
    this.#worker.on('exit', () => this.#fail('its thread has ended'));
    // The process ends with the run.
    this.#worker.unref();
  }

  pass(event: StampedEvent): void {
    const now = performance.now();
    if (this.#isOver || !isPassing(event) || now - this.#passedAt < PASS_MS) return;
    this.#passedAt = now;
    this.#post({ type: 'pass', event });
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(null);
    this.#worker.ref();
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#post({ type: 'close' });
    const late = setTimeout(() => void this.#worker.terminate(), CLOSE_MS);
    await ended;
    clearTimeout(late);
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #fail(message: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle(null);
    this.#onProblem(message);
    void this.#worker.terminate();
  }
}
