/** A sampler's side of its peer (`peer-worker.ts`): starts the thread, sends it weights, and shares calls with it. */

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';

import { EngineError, messageOf } from '../../../../errors.ts';
import type { Weights } from '../../../../models/decoder-config.ts';
import { spawnWorker } from '../../../../worker-host.ts';
import type { DrawnTokens } from '../../../engine.ts';
import { rebuiltFrom, RETRY } from '../../failure.ts';
import type { Loaded } from '../../memory/loaded.ts';
import type { SharedBase } from '../../memory/shared-base.ts';
import { hostWeights, type Tensors } from '../../memory/tensors.ts';
import { SideStopped } from './board.ts';
import type { FromPeer, Part, PeerStart, SentModel, SharedCall, ToPeer } from './messages.ts';

const WORKER = new URL('./peer-worker.ts', import.meta.url);

interface Waiting {
  resolve: (parts: Part[]) => void;
  reject: (error: unknown) => void;
  tokens: (drawn: DrawnTokens[]) => void;
}

interface SentBase {
  number: number;
  /** False after it was dropped. */
  there: boolean;
}

export class PeerThread {
  readonly worker: Worker;
  #numbers = 0;
  #bases = new WeakMap<SharedBase, SentBase>();
  #waiting: Waiting | null = null;
  #ended: EngineError | null = null;

  constructor(start: PeerStart) {
    this.worker = spawnWorker(WORKER, { workerData: start });
    this.worker.on('message', (message: FromPeer) => this.#receive(message));
    this.worker.on('error', (cause) => this.#end(`stopped with an error: ${messageOf(cause)}`, cause));
    this.worker.on('exit', () => this.#end('has ended', undefined));
    // Only a call keeps the process alive.
    this.worker.unref();
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  /** Sends a model, and its base if the peer does not have it. Returns the number of the new sampler. */
  open({ base, adapter, place, version, eosIds }: Loaded): number {
    const sampler = ++this.#numbers;
    const factors = adapter && copyOf(adapter.tensors);
    const model: SentModel = {
      base: this.#numberOf(base),
      adapter: adapter && factors && { shape: adapter.shape, weights: factors.weights },
      folder: place.folder,
      version,
      eosIds,
    };
    this.#send({ type: 'open', sampler, model }, factors?.memory);
    return sampler;
  }

  close(sampler: number): void {
    this.#send({ type: 'close', sampler });
  }

  /**
   * Lets the peer take its share of a call; returns what it has sampled. At most one call at a time. Throws SideStopped
   * if the other side has stopped the call, an EngineError if the thread has ended, or the error of the peer.
   */
  async sample(sampler: number, call: SharedCall, tokens: Waiting['tokens']): Promise<Part[]> {
    if (this.#ended !== null) throw this.#ended;
    this.worker.ref();
    try {
      return await new Promise<Part[]>((resolve, reject) => {
        this.#waiting = { resolve, reject, tokens };
        this.#send({ type: 'sample', sampler, call });
      });
    } finally {
      this.#waiting = null;
      this.worker.unref();
    }
  }

  /** Ends the thread after its running call. */
  async end(): Promise<void> {
    if (this.#ended !== null) return;
    this.worker.ref();
    const exit = once(this.worker, 'exit');
    this.#send({ type: 'end' });
    await exit;
  }

  #numberOf(base: SharedBase): number {
    const sent = this.#bases.get(base) ?? this.#register(base);
    if (sent.there) return sent.number;
    sent.there = true;
    const { weights, memory } = copyOf(base.tensors);
    this.#send({ type: 'base', base: sent.number, config: base.config, weights }, memory);
    return sent.number;
  }

  #register(base: SharedBase): SentBase {
    const sent = { number: ++this.#numbers, there: false };
    this.#bases.set(base, sent);
    base.whenUnused(async () => {
      if (sent.there) this.#send({ type: 'drop-base', base: sent.number });
      sent.there = false;
    });
    return sent;
  }

  /** @param memory is handed over instead of copied */
  #send(message: ToPeer, memory: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, memory);
  }

  #receive(message: FromPeer): void {
    if (message.type === 'tokens') this.#waiting?.tokens(message.drawn);
    else if (message.type === 'sampled') this.#waiting?.resolve(message.parts);
    else if (message.type === 'stopped') this.#waiting?.reject(new SideStopped());
    else this.#waiting?.reject(rebuiltFrom(message.failure));
  }

  #end(how: string, cause: unknown): void {
    this.#ended ??= new EngineError('transient', `The thread of the second sampler ${how}.`, RETRY, { cause });
    this.#waiting?.reject(this.#ended);
  }
}

/** Copies weights into memory of their own, which can be handed over. */
function copyOf(tensors: Tensors): { weights: Weights; memory: ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  const weights: Weights = new Map();
  for (const [name, { shape, data }] of hostWeights(tensors)) {
    const own = Float32Array.from(data);
    memory.push(own.buffer);
    weights.set(name, { shape, data: own });
  }
  return { weights, memory };
}
