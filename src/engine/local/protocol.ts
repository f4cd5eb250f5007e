/** Messages between the engine's main thread (`index.ts`) and its worker (`worker.ts`, `core.ts`). */

import type {
  Completion,
  DrawnTokens,
  Example,
  ModelInfo,
  OptimizerOptions,
  PolicyOptions,
  Progress,
  SampleRequest,
  SnapshotRef,
  StatePlace,
  StateRef,
  TokenMeasures,
  WeightsRef,
} from '../engine.ts';
import type { DeviceName } from '../../types.ts';
import type { FailureReport } from './failure.ts';
import type { Precision } from './graph/model-inputs.ts';
import type { NativeGate } from './native-gate.ts';
import type { SequenceScores } from './training/sequence-runner.ts';

export interface LocalEngineOptions {
  /** Default `cpu`. */
  device?: DeviceName;
  /** Of the base's matrices in samplers on the GPU. Default `float32`. */
  samplingPrecision?: Precision;
  /** 0 uses all cores. */
  threads: number;
  /** Sequences decoded at once. */
  slots: number;
  /** Tokens (padding included) per training micro-batch. */
  microBatchTokens: number;
  /**
   * Maximum bytes of activations that a training micro-batch keeps until its backward. A micro-batch with more (by
   * the function `activationBytes`) recomputes them. Default: unlimited.
   */
  activationBytes?: number;
  /** False runs the prompt of every completion separately, as a baseline for measurements. Default true. */
  sharePrompts?: boolean;
  /** False always samples with one sampler of all threads, as a baseline for measurements. Default true. */
  pairSamplers?: boolean;
}

/** Data that the worker starts with. */
export interface WorkerStart {
  options: LocalEngineOptions;
  /** Null in a process of its own, which ends without the main one. */
  gate: NativeGate | null;
}

export interface Opened {
  handle: number;
  version: number;
}

/** Calls of the worker by name, with arguments and result. Handles identify open policies and samplers. */
export interface Calls {
  inspect: { args: { ref: WeightsRef }; result: ModelInfo };
  openPolicy: { args: PolicyOptions; result: Opened };
  closePolicy: { args: { handle: number }; result: null };
  openSampler: { args: { ref: WeightsRef }; result: Opened };
  closeSampler: { args: { handle: number }; result: null };
  /** `streamed`: tokens are sent as they are drawn. */
  sample: { args: { handle: number; requests: readonly SampleRequest[]; streamed: boolean }; result: Completion[][] };
  scoreSampler: { args: { handle: number; examples: readonly Example[] }; result: SequenceScores };
  measureSampler: { args: { handle: number; examples: readonly Example[] }; result: TokenMeasures[] };
  scorePolicy: { args: { handle: number; examples: readonly Example[] }; result: SequenceScores };
  backward: {
    args: { handle: number; examples: readonly Example[]; coefficients: readonly Float32Array[] };
    result: SequenceScores;
  };
  /** Discards the gradient accumulated since the last step. */
  discard: { args: { handle: number }; result: null };
  step: { args: { handle: number; options: OptimizerOptions }; result: { gradNorm: number; version: number } };
  publish: { args: { handle: number }; result: SnapshotRef };
  save: { args: { handle: number; place: StatePlace }; result: StateRef };
  keep: { args: { id: string; place: StatePlace }; result: StateRef };
  removeSnapshot: { args: { id: string }; result: null };
  shutdown: { args: null; result: null };
}

export type CallName = keyof Calls;

export type Request = { [Name in CallName]: { id: number; name: Name; args: Calls[Name]['args'] } }[CallName];

/** Asks the worker to stop the call with id `abort` at its next check; with `request`, only that request of the call. */
export interface AbortMessage {
  abort: number;
  request?: number;
}

export type Reply =
  | { id: number; type: 'result'; result: Calls[CallName]['result']; busySeconds: number }
  | { id: number; type: 'failure'; failure: FailureReport; busySeconds: number }
  | { id: number; type: 'progress'; progress: Progress }
  | { id: number; type: 'tokens'; drawn: DrawnTokens[] };
