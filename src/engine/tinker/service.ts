/**
 * A Tinker service as the engine sees it: typed calls that return results, with retries, polling, order and heartbeats
 * below (`transport/`). Every call rejects with `ServiceError`, or with EngineError `aborted` when its signal aborts.
 */

import type {
  AdamParams,
  ForwardBackwardOutput,
  LoraConfig,
  SampleOutput,
  WireDatum,
  WireSamplingParams,
} from '../../wire/messages.ts';

/** Options of every call. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface SupportedModel {
  name: string;
  maxContext: number | null;
}

/** What a pass computes. */
export interface Loss {
  name: string;
  config?: Readonly<Record<string, number>>;
  forwardOnly?: boolean;
}

/** Result of a pass whose request was sent twice. */
export interface RepeatedPass {
  output: ForwardBackwardOutput;
  /** `same`: it was done once; `again`: it was done twice; `refused`: the repetition was refused. */
  repetition: 'same' | 'again' | 'refused';
}

/**
 * A model on the service that is being trained. Its calls take effect in the order in which they are made; when one
 * fails, those that were made after it and before the failure was known are `refused`. Every call fails with `lost-model`
 * after that outcome, after `unknown`, and after an abort while a request was being sent.
 */
export interface RemoteModel {
  readonly id: string;
  /** Splits large batches into chunks, and joins their results. */
  forwardBackward(data: readonly WireDatum[], loss: Loss, options?: CallOptions): Promise<ForwardBackwardOutput>;
  /** Sends the same request with the same number twice, to find out what the service makes of it. One chunk only. */
  repeatPass(data: readonly WireDatum[], loss: Loss, options?: CallOptions): Promise<RepeatedPass>;
  /** Returns the service's metrics by name. Never repeated if its outcome is unknown. */
  optimStep(params: AdamParams, options?: CallOptions): Promise<Record<string, number>>;
  /** Saves weights and optimizer; returns a `tinker://` path. */
  saveWeights(name: string, options?: CallOptions): Promise<string>;
  /** Saves weights to sample from; returns a `tinker://` path. */
  saveWeightsForSampler(name: string, options?: CallOptions): Promise<string>;
  /** Saves weights to sample from until the session ends; returns the id of a sampling session. */
  publish(options?: CallOptions): Promise<string>;
  /** Legal only as the first call. */
  loadWeights(path: string, restoreOptimizer: boolean, options?: CallOptions): Promise<void>;
  unload(options?: CallOptions): Promise<void>;
}

export interface RemoteSampleRequest {
  samplingSession: string;
  prompt: Int32Array;
  n: number;
  params: WireSamplingParams;
  promptLogprobs?: boolean;
}

/** Tokens and requests that the service has done for this process. */
export interface ServiceUsage {
  requests: number;
  sampledTokens: number;
  prefilledTokens: number;
  trainedTokens: number;
}

export interface TinkerService {
  readonly url: string;
  /**
   * Whether a training request whose answer was lost may be sent again, because the service does each number once
   * (`repeatPass` finds out). False at first: then such a call fails with `unknown`.
   */
  repeatTraining: boolean;
  supportedModels(options?: CallOptions): Promise<SupportedModel[]>;
  createModel(baseModel: string, lora: LoraConfig, options?: CallOptions): Promise<RemoteModel>;
  /** Opens a sampling session over the base model, or over a saved `tinker://` path. */
  openSampling(from: { baseModel: string } | { path: string }, options?: CallOptions): Promise<string>;
  sample(request: RemoteSampleRequest, options?: CallOptions): Promise<SampleOutput>;
  /**
   * Deletes a checkpoint. Returns false if the service does not know it: it is gone, or the service cannot delete, which
   * has the same answer.
   */
  deleteCheckpoint(path: string, options?: CallOptions): Promise<boolean>;
  /** Downloads and unpacks a checkpoint's archive into an empty folder. */
  download(path: string, folder: string, options?: CallOptions): Promise<void>;
  usage(): ServiceUsage;
  close(): Promise<void>;
}

/**
 * What became of a call that failed.
 *
 * - `refused`: the service refused it, and nothing changed.
 * - `failed`: the service accepted and could not do it; for a training call the model is in doubt.
 * - `unknown`: no answer says whether it was done. For a training call: reopen the model from its last state.
 * - `lost-model`, `lost-sampler`: the service no longer has the model, the session or the sampler.
 * - `unreachable`: no answer within the configured wait.
 * - `billing`: the account is blocked, beyond the configured wait.
 */
export type ServiceOutcome =
  | 'refused'
  | 'failed'
  | 'unknown'
  | 'lost-model'
  | 'lost-sampler'
  | 'unreachable'
  | 'billing';

/** Failure of a call to a Tinker service. The engine turns it into an EngineError. */
export class ServiceError extends Error {
  readonly outcome: ServiceOutcome;
  /** HTTP status of the answer; null if there was none. */
  readonly status: number | null;

  constructor(outcome: ServiceOutcome, message: string, details: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.name = 'ServiceError';
    this.outcome = outcome;
    this.status = details.status ?? null;
  }
}
