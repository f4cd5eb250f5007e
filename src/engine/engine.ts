/**
 * The seam between algorithm and machine: six verbs. **sample**, **score**, **accumulate** (a linear
 * backward), **step**, **publish** (trainer to sampler), **save/open**. The engine owns the weights that it saves:
 * it lists, exports and removes them, and only it reads their ids.
 *
 * Any loss of per-token log-probabilities has a linear backward: the caller computes dL/dlogprob in
 * plain TypeScript (`grpo/`), the engine only runs a weighted cross-entropy backward. So the engine
 * knows no GRPO, no KL, no reward, and there is deliberately no in-place `load()`.
 *
 * Contract (held by `engine.contract.ts` for every engine): gradients sum, scaling is the caller's;
 * snapshots are immutable; a completion carries the version and log-probabilities it was sampled
 * with; the same request on the same weights gives the same tokens. Next: `local/`; `test/engines/scripted/` is the
 * shortest complete engine.
 */

import type { AdapterShape } from '../types.ts';

export type Tokens = Int32Array;

/** A model that the engine did not make: a Hugging Face folder, or an adapter's folder in PEFT's layout. */
export interface BaseRef {
  kind: 'base';
  /** Absolute. */
  path: string;
}

/** Published weights, held by the engine until `remove`; gone with the engine. */
export interface SnapshotRef {
  kind: 'snapshot';
  id: string;
  version: number;
}

/** A durable policy that `Policy.save` wrote: its weights and the optimizer's moments. */
export interface StateRef {
  kind: 'state';
  /** The engine's own name for it (a path, a URI, a key): no other code reads it. Holds when `home` moves. */
  id: string;
  /** Absolute folder of the run that it belongs to. */
  home: string;
}

/** Name of weights; JSON. */
export type WeightsRef = BaseRef | SnapshotRef | StateRef;

/** Where a state should be kept. An engine with a storage of its own may use both as a hint. */
export interface StatePlace {
  /** Absolute folder of the run. */
  home: string;
  /** Unique within the run, e.g. `solver-2-step-15`; letters, digits and hyphens. */
  name: string;
}

export interface Progress {
  /** Completions (sample) or examples (score, accumulate) finished. */
  done: number;
  total: number;
  tokensPerSecond: number | null;
}

/** Options that every call takes. */
export interface Ctl {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface SamplingOptions {
  /** Most new tokens per completion. */
  maxTokens: number;
  /** 0 is greedy. */
  temperature: number;
  /** 1 is off. */
  topP: number;
  /** 0 is off. */
  topK: number;
  /** Drops tokens less likely than this share of the likeliest one's probability; 0 or absent is off. */
  minP?: number;
  /** Tokens that end a completion, besides the model's own end tokens. */
  stopTokens?: readonly number[];
  /** Texts that end a completion as soon as its new tokens spell one; needs the model's tokenizer. */
  stopStrings?: readonly string[];
}

export interface SampleRequest extends SamplingOptions {
  prompt: Tokens;
  /** Completions wanted. */
  n: number;
  /** Completion i draws from a stream that depends on (seed, i) and on nothing else. */
  seed: number;
}

export interface Completion {
  /** New tokens, the stop token or the whole token that completes a stop string included. */
  tokens: Tokens;
  /** Log-probability of each token under the raw (temperature 1, unfiltered) distribution; finite. */
  logprobs: Float32Array;
  stop: 'stop' | 'length';
  /** The stop string that ended it, where none of the stop tokens did. `completionText` cuts it off. */
  stopString?: string;
  policyVersion: number;
}

/** One training sequence, N = prompt + completion − 1 positions, already shifted. */
export interface Example {
  input: Tokens;
  target: Tokens;
  /** 1 where the target is a completion token. */
  mask: Uint8Array;
}

/** dL/dlogprob for example `index` of the batch, given its current log-probabilities; length N, 0 where mask is 0. */
export type Coefficients = (index: number, logprobs: Float32Array) => Float32Array;

export interface AdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Decoupled. */
  weightDecay: number;
  /** Global gradient-norm limit; 0 is off. */
  clip: number;
}

/** AdamW for every tensor, or Muon for the matrices inside the layers and AdamW for the rest (pre-training; no adapters). */
export interface OptimizerOptions extends AdamOptions {
  muon?: {
    learningRate: number;
    /** Nesterov momentum. */
    momentum: number;
  };
}

/** What a backward pass computed on its way. */
export interface BackwardPass {
  /** Of the forward pass, one array of N per example. */
  logprobs: Float32Array[];
  /** Sum over masked positions of the distribution's entropy, in nats; null: this engine does not compute it. */
  entropySum: number | null;
  /** Masked positions. */
  positions: number;
}

export interface StepResult {
  /** Global norm of the gradient before clipping; null: this engine does not report it. */
  gradNorm: number | null;
}

export interface Sampler {
  readonly ref: WeightsRef;
  readonly version: number;
  /** One array of `n` completions per request, in order. */
  sample(requests: readonly SampleRequest[], ctl?: Ctl): Promise<Completion[][]>;
  /** Log-probability of every target under these weights; one array of N per example, 0 where mask is 0. */
  score(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export interface Policy {
  /** Optimizer steps applied since the base. */
  readonly version: number;
  /** Log-probability of every target under the current weights, as `Sampler.score`. */
  logprobs(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  /**
   * Forward, ask `coefficients`, backward; adds to the gradient until `step`. Coefficients that do not
   * depend on the log-probabilities may be given as arrays, which saves the first forward.
   * When it fails or is aborted, all that was gathered since the last step is discarded.
   */
  accumulate(
    examples: readonly Example[],
    coefficients: Coefficients | readonly Float32Array[],
    ctl?: Ctl,
  ): Promise<BackwardPass>;
  /** One AdamW update with the gathered gradient, which is then cleared. A gradient that is not finite is refused (EngineError `numeric`) and nothing changes. */
  step(options: OptimizerOptions): Promise<StepResult>;
  /** An immutable copy of the weights to sample from. */
  publish(): Promise<SnapshotRef>;
  /**
   * Saves a resumable state, durable when it returns: whole or not at all. A state of the same name is replaced. Returns
   * the reference that opens it later, also in another process.
   */
  save(place: StatePlace): Promise<StateRef>;
  close(): Promise<void>;
}

/**
 * What a policy trains: every parameter, or a low-rank adapter over the frozen base (LoRA). A new adapter begins by
 * changing nothing; its random half derives from `seed`.
 */
export type Adaptation = { kind: 'full' } | ({ kind: 'lora'; seed: number } & AdapterShape);

export interface ModelInfo {
  /** Of the base, without an adapter's. */
  parameters: number;
  /** Null: whole weights. */
  adapter: (AdapterShape & { parameters: number }) | null;
  vocabulary: number;
  /** Longest sequence the model was made for. */
  maxContext: number;
  architecture: string;
}

export interface PolicyOptions {
  from: WeightsRef;
  optimizer: 'restore' | 'fresh';
  adapt?: Adaptation;
}

export interface Engine {
  readonly name: string;
  readonly threads: number;
  /** Completions that it samples at once: larger batches are no faster. */
  readonly slots: number;
  /** Seconds spent inside sample, score, accumulate and step since the start. */
  busySeconds(): number;
  inspect(ref: WeightsRef): Promise<ModelInfo>;
  /**
   * `adapt` left out: all parameters, and of an adapter that adapter. An adapter is continued as it was saved:
   * EngineError `user` where `adapt` says otherwise.
   */
  openPolicy(options: PolicyOptions): Promise<Policy>;
  openSampler(ref: WeightsRef): Promise<Sampler>;
  /**
   * Forgets a snapshot, or deletes a state; nothing happens where it is gone already. EngineError `user` for a base,
   * which the engine did not make.
   */
  remove(ref: WeightsRef): Promise<void>;
  /**
   * Writes a state's weights, or a copy of a base, as a plain checkpoint: a Hugging Face folder (an adapter: PEFT's),
   * without what only training needs. Replaces `folder` atomically. EngineError `user` for a snapshot.
   */
  exportTo(ref: WeightsRef, folder: string): Promise<void>;
  /** All states that it keeps for the run in `home`, those that a killed process left half-written included. */
  states(home: string): Promise<StateRef[]>;
  close(): Promise<void>;
}
