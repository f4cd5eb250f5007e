/** Keeps sessions alive from a thread of its own. A service ends sessions that are silent, with all their models. */

import type { Worker } from 'node:worker_threads';

import { spawnWorker } from '../../../../worker-host.ts';

export interface HeartbeatStart {
  url: string;
  everyMs: number;
}

export interface ToHeartbeat {
  sessions?: readonly string[];
  credential?: string | null;
}

export interface FromHeartbeat {
  session: string;
  /** Null without an answer. */
  status: number | null;
}

/** Sends a heartbeat for every session, every `everyMs` milliseconds, until it is closed. */
export class Heartbeat {
  #start: HeartbeatStart;
  #worker: Worker | null = null;
  #sessions = new Set<string>();
  #credential: string | null = null;
  #onAnswer: (answer: FromHeartbeat) => void;
  #closed = false;

  constructor(start: HeartbeatStart, onAnswer: (answer: FromHeartbeat) => void) {
    this.#start = start;
    this.#onAnswer = onAnswer;
  }

  setCredential(credential: string | null): void {
    this.#credential = credential;
    this.#worker?.postMessage({ credential } satisfies ToHeartbeat);
  }

  add(session: string): void {
    this.#sessions.add(session);
    if (this.#start.everyMs === 0) return;
    if (this.#worker === null) this.#spawn();
    else this.#report();
  }

  remove(session: string): void {
    this.#sessions.delete(session);
    this.#report();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  #spawn(): void {
    if (this.#closed) return;
    const worker = spawnWorker(new URL('./heartbeat-worker.ts', import.meta.url), { workerData: this.#start });
    // The process may end while it runs.
    worker.unref();
    worker.on('message', (answer: FromHeartbeat) => this.#onAnswer(answer));
    // Without it the service would end the session; a thread that failed is replaced.
    worker.on('error', () => this.#spawn());
    this.#worker = worker;
    worker.postMessage({ credential: this.#credential } satisfies ToHeartbeat);
    this.#report();
  }

  #report(): void {
    this.#worker?.postMessage({ sessions: [...this.#sessions] } satisfies ToHeartbeat);
  }
}
