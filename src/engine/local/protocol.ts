/** Messages between the engine's main-thread face (`index.ts`) and its worker (`worker.ts`, `core.ts`). */

import type {
  Completion,
  Example,
  ModelInfo,
  OptimizerOptions,
  PolicyOptions,
  Progress,
  SampleRequest,
  SnapshotRef,
  StatePlace,
  StateRef,
  WeightsRef,
} from '../engine.ts';
import type { SequenceScores } from './training/sequence-runner.ts';

export interface LocalEngineOptions {
  /** 0: all cores. */
  threads: number;
  /** Sequences decoded at once. */
  slots: number;
  /** Tokens (padding included) per training micro-batch. */
  microBatchTokens: number;
  /**
   * Activations of a training micro-batch that are kept until its backward, at most; of one that has more (by
   * `activationBytes`) they are computed again. Default: all are kept.
   */
  activationBytes?: number;
  /** False runs every completion's prompt by itself, for measuring what sharing gives. Default true. */
  sharePrompts?: boolean;
}

export interface Opened {
  handle: number;
  version: number;
}

/** Every call of the worker, by name: arguments and result. Handles name open policies and samplers. */
export interface Calls {
  inspect: { args: { ref: WeightsRef }; result: ModelInfo };
  openPolicy: { args: PolicyOptions; result: Opened };
  closePolicy: { args: { handle: number }; result: null };
  openSampler: { args: { ref: WeightsRef }; result: Opened };
  closeSampler: { args: { handle: number }; result: null };
  sample: { args: { handle: number; requests: readonly SampleRequest[] }; result: Completion[][] };
  scoreSampler: { args: { handle: number; examples: readonly Example[] }; result: SequenceScores };
  scorePolicy: { args: { handle: number; examples: readonly Example[] }; result: SequenceScores };
  backward: {
    args: { handle: number; examples: readonly Example[]; coefficients: readonly Float32Array[] };
    result: SequenceScores;
  };
  /** Forgets the gradient gathered since the last step. */
  discard: { args: { handle: number }; result: null };
  step: { args: { handle: number; options: OptimizerOptions }; result: { gradNorm: number; version: number } };
  publish: { args: { handle: number }; result: SnapshotRef };
  save: { args: { handle: number; place: StatePlace }; result: StateRef };
  removeSnapshot: { args: { id: string }; result: null };
  shutdown: { args: null; result: null };
}

export type CallName = keyof Calls;

export type Request = { [Name in CallName]: { id: number; name: Name; args: Calls[Name]['args'] } }[CallName];

/** Tells the worker to stop call `abort` at its next tick. */
export interface AbortMessage {
  abort: number;
}

export interface FailureReport {
  /** Which class to build again on the other side. */
  type: 'engine' | 'model-load' | 'store' | 'unexpected';
  kind?: string;
  message: string;
  advice: string;
}

export type Reply =
  | { id: number; type: 'result'; result: Calls[CallName]['result']; busySeconds: number }
  | { id: number; type: 'failure'; failure: FailureReport; busySeconds: number }
  | { id: number; type: 'progress'; progress: Progress };
