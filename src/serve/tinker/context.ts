/** What all parts of the service share. */

import type { BaseRef, Engine } from '../../engine/engine.ts';
import type { CheckpointStore } from './checkpoints/store.ts';
import { failed } from './failure.ts';
import type { Future, Futures, Result } from './futures.ts';
import type { ModelSizes } from './training/batch.ts';
import type { WorkQueue } from '../../generate/batch/work-queue.ts';

/** The model that is served. */
export interface ServedModel extends ModelSizes {
  /** Name by which clients ask for it. */
  name: string;
  ref: BaseRef;
  architecture: string;
  /** Where clients on this machine find its tokenizer. */
  tokenizer: string;
  /** Width of its hidden layers: the highest useful rank of an adapter. */
  maxRank: number;
}

export interface ServiceLimits {
  /** Models that are trained at the same time. */
  models: number;
  /** Seconds without a sign of life after which a session ends. */
  sessionSeconds: number;
  /** Milliseconds that a request waits for one with a smaller number. */
  gapMs: number;
  /** Requests of one model that wait for their turn. */
  waiting: number;
  /** Bytes of all training requests that wait or run. */
  heldBytes: number;
  /** Milliseconds that a poll for a result is held open. */
  pollMs: number;
  /** Snapshots per model that stay in memory; older ones are moved to the disk. */
  snapshotsInMemory: number;
}

export const SERVICE_LIMITS: ServiceLimits = {
  models: 32,
  sessionSeconds: 3600,
  gapMs: 30_000,
  waiting: 1024,
  heldBytes: 1024 * 1024 * 1024,
  pollMs: 20_000,
  snapshotsInMemory: 4,
};

export interface Context {
  engine: Engine;
  model: ServedModel;
  limits: ServiceLimits;
  store: CheckpointStore;
  futures: Futures;
  queue: WorkQueue;
  /** Aborts the engine's running call when the service is stopped. */
  stopped: AbortSignal;
  /** Called with failures that are faults of this program or of the machine. */
  onFault: (error: unknown) => void;
}

/** Runs work in a lane of the queue, and settles the future with its result, or with its failure. Never rejects. */
export async function fulfil(
  { queue, futures, onFault }: Context,
  lane: string,
  future: Future,
  work: () => Promise<Result>,
): Promise<void> {
  try {
    futures.settle(future, await queue.do(lane, work));
  } catch (error) {
    futures.settle(future, failed(error, onFault));
  }
}
