/**
 * The service behind the Tinker wire: sessions, models, samplers and checkpoints over one engine. It knows nothing of
 * HTTP; `routes/` does.
 */

import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { messageOf } from '../../errors.ts';
import { WorkQueue } from '../../generate/batch/work-queue.ts';
import { CheckpointStore } from './checkpoints/store.ts';
import { type Context, type ServedModel, SERVICE_LIMITS, type ServiceLimits } from './context.ts';
import { RequestFailure, STOPPED } from './failure.ts';
import { Futures } from './futures.ts';
import { Sampling } from './sampling/sampling.ts';
import { type Session, Sessions } from './sessions.ts';
import { Models } from './training/models.ts';
import { TrainingRequests } from './training/requests.ts';

export interface ServiceOptions {
  engine: Engine;
  model: ServedModel;
  /** Folder of the checkpoints. */
  checkpoints: string;
  limits?: Partial<ServiceLimits>;
  onFault?: (error: unknown) => void;
}

const SWEEP_MS = 1000;

export class TinkerService {
  readonly context: Context;
  readonly sessions = new Sessions();
  readonly models: Models;
  readonly training: TrainingRequests;
  readonly sampling: Sampling;
  #sweeper: NodeJS.Timeout;
  #stop = new AbortController();
  #spill: string;

  /** Opens the checkpoint folder. Throws StoreError if another process uses it. */
  static async open(options: ServiceOptions): Promise<TinkerService> {
    const { engine } = options;
    const store = new CheckpointStore(options.checkpoints, (ref) => engine.remove(ref));
    await store.clean((home) => engine.states(home));
    return new TinkerService(options, store);
  }

  private constructor(options: ServiceOptions, store: CheckpointStore) {
    const { engine, model, limits, onFault = () => {} } = options;
    const futures = new Futures();
    const queue = new WorkQueue(() => new RequestFailure(STOPPED, 'server'));
    const stopped = this.#stop.signal;
    this.context = { engine, model, limits: { ...SERVICE_LIMITS, ...limits }, store, futures, queue, stopped, onFault };
    this.models = new Models(this.context);
    this.training = new TrainingRequests(this.context, this.models);
    this.#spill = join(resolve(options.checkpoints), 'snapshots');
    rmSync(this.#spill, { recursive: true, force: true });
    this.sampling = new Sampling(this.context, this.#spill);
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /** Whether the service accepts nothing more. */
  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends a session: its models are unloaded, its snapshots are freed. Its checkpoints stay. */
  async endSession(session: Session): Promise<void> {
    this.sessions.end(session.id);
    for (const model of this.models.list()) if (model.session === session) this.models.unload(model.id);
    await this.sampling.end(session);
  }

  /** Accepts nothing more, ends the running job of the engine soon, and lets all waiting requests fail. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#sweeper);
    await this.context.queue.close();
    this.context.futures.failAll(STOPPED);
  }

  /** Releases the checkpoint folder. The engine stays open. */
  close(): void {
    rmSync(this.#spill, { recursive: true, force: true });
    this.context.store.close();
  }

  async #sweep(): Promise<void> {
    const { context } = this;
    try {
      context.futures.sweep();
      await context.store.sweep();
      for (const session of this.sessions.silentFor(context.limits.sessionSeconds)) await this.endSession(session);
    } catch (error) {
      context.onFault(new Error(`Cleaning up failed: ${messageOf(error)}`, { cause: error }));
    }
  }
}
