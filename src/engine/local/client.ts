/** Calls the worker and returns promises, with progress and aborts. */

import { EngineError } from '../../errors.ts';
import type { Ctl } from '../engine.ts';
import { type EngineHost, startEngine } from './engine-host.ts';
import { rebuiltFrom, RETRY } from './failure.ts';
import { disableTelemetry } from './telemetry.ts';
import type { AbortMessage, CallName, Calls, LocalEngineOptions, Reply } from './protocol.ts';

interface Waiting {
  resolve: (result: Calls[CallName]['result']) => void;
  reject: (error: unknown) => void;
  ctl: Ctl;
}

const RETRY_ON_GPU =
  'Start again: everything saved before is kept. If it fails again, update the driver of the GPU, or use the processor: --device cpu.';

export class WorkerClient {
  #host: EngineHost;
  #waiting = new Map<number, Waiting>();
  #ids = 0;
  #gone: EngineError | null = null;
  #closing = false;
  busySeconds = 0;

  constructor(options: LocalEngineOptions) {
    disableTelemetry();
    const advice = options.device === 'webgpu' ? RETRY_ON_GPU : RETRY;
    this.#host = startEngine(options, {
      reply: (reply) => this.#receive(reply),
      ended: (reason, cause) => {
        if (this.#closing) this.#fail('The engine is closed.', undefined, 'Open a new engine.');
        else this.#fail(reason, cause, advice);
      },
    });
  }

  call<Name extends CallName>(name: Name, args: Calls[Name]['args'], ctl: Ctl = {}): Promise<Calls[Name]['result']> {
    const { signal } = ctl;
    if (this.#gone !== null) return Promise.reject(this.#gone);
    if (signal?.aborted === true)
      return Promise.reject(new EngineError('aborted', 'The call was aborted.', 'Start it again if needed.'));
    const id = ++this.#ids;
    const post = (message: AbortMessage): void => this.#host.post(message);
    const abort = (): void => post({ abort: id });
    signal?.addEventListener('abort', abort, { once: true });
    const request: { id: number; name: Name; args: Calls[Name]['args'] } = { id, name, args };
    let releaseRequests = (): void => {};
    return new Promise<Calls[Name]['result']>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, ctl });
      this.#host.post(request);
      releaseRequests = onEachAbort(ctl.requestSignals ?? [], (index) => post({ abort: id, request: index }));
    }).finally(() => {
      signal?.removeEventListener('abort', abort);
      releaseRequests();
    });
  }

  async close(): Promise<void> {
    if (this.#gone !== null) return;
    try {
      await this.call('shutdown', null);
    } finally {
      this.#closing = true;
      await this.#host.end();
    }
  }

  #receive(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    if (reply.type === 'progress') {
      waiting.ctl.onProgress?.(reply.progress);
      return;
    }
    if (reply.type === 'tokens') {
      for (const drawn of reply.drawn) waiting.ctl.onTokens?.(drawn);
      return;
    }
    this.busySeconds = reply.busySeconds;
    this.#waiting.delete(reply.id);
    if (reply.type === 'result') waiting.resolve(reply.result);
    else waiting.reject(rebuiltFrom(reply.failure));
  }

  #fail(message: string, cause: unknown, advice: string): void {
    this.#gone ??= new EngineError('lost-policy', message, advice, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}

/** Calls `aborted` with the index of every signal that is or gets aborted. Returns the function that ends this. */
function onEachAbort(signals: readonly (AbortSignal | undefined)[], aborted: (index: number) => void): () => void {
  const releases = signals.map((signal, index) => {
    const abort = (): void => aborted(index);
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    return () => signal?.removeEventListener('abort', abort);
  });
  return () => {
    for (const release of releases) release();
  };
}
