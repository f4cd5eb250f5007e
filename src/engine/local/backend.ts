/**
 * What a device does for the engine: hold tensors, train, score and sample. `core.ts` uses one backend for all calls.
 * `host-backend.ts` runs on the processor, `webgpu/backend.ts` on a GPU.
 */

import type { Completion, Example, OptimizerOptions, SampleRequest, TokenMeasures } from '../engine.ts';
import type { Loaded } from './memory/loaded.ts';
import type { Place } from './memory/tensors.ts';
import type { SampleControl } from './sampling/continuous-batching.ts';
import type { TrainerStart } from './state-folder.ts';
import type { SequenceScores, Tick } from './training/sequence-runner.ts';
import type { OptimizerState } from './training/trainer.ts';

export interface Backend {
  readonly place: Place;
  /** Begins to train the weights of `source`, in place. */
  train(source: Loaded, start: TrainerStart): Promise<Training>;
  score(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<SequenceScores>;
  measure(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<TokenMeasures[]>;
  openSampler(loaded: Loaded): Promise<LocalSampler>;
  /** Releases what models share. */
  close(): Promise<void>;
}

/** Weights in training, with their gradient and optimizer state. */
export interface Training {
  /** Optimizer steps since the base. */
  readonly version: number;
  /** Optimizer steps since the moments were reset. */
  readonly updates: number;
  score(examples: readonly Example[], tick: Tick): Promise<SequenceScores>;
  /** Adds to the gradient. If it throws, a partial gradient may have been added; the caller must discard it. */
  backward(examples: readonly Example[], coefficients: readonly Float32Array[], tick: Tick): Promise<SequenceScores>;
  /** Resets the accumulated gradient. */
  discard(): Promise<void>;
  step(options: OptimizerOptions): Promise<{ gradNorm: number }>;
  /** Returns the optimizer state in this process. */
  moments(): Promise<OptimizerState>;
  close(): Promise<void>;
}

export interface LocalSampler {
  sample(requests: readonly SampleRequest[], control: SampleControl): Promise<Completion[][]>;
  close(): Promise<void>;
}
