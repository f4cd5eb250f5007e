/**
 * The seam between algorithm and machine: six verbs. **sample**, **score**, **accumulate** (a linear
 * backward), **step**, **publish** (trainer to sampler), **save/open**.
 *
 * Any loss of per-token log-probabilities has a linear backward: the caller computes dL/dlogprob in
 * plain TypeScript (`grpo/`), the engine only runs a weighted cross-entropy backward. So the engine
 * knows no GRPO, no KL, no reward, and there is deliberately no in-place `load()`.
 *
 * Contract (held by `engine.contract.ts` for every engine): gradients sum, scaling is the caller's;
 * snapshots are immutable; a completion carries the version and log-probabilities it was sampled
 * with; the same request on the same weights gives the same tokens. Next: `local/`, `scripted/`.
 */

import type { AdapterShape } from '../types.ts';

export type Tokens = Int32Array;

/** Durable name of weights; JSON. Paths are absolute. */
export type WeightsRef =
  /** A Hugging Face folder, or an adapter's folder in PEFT's layout. */
  | { kind: 'base'; path: string }
  /** Published weights, held by the engine until `remove`; gone with the engine. */
  | { kind: 'snapshot'; id: string; version: number }
  /** A folder that `Policy.save` wrote: weights in Hugging Face layout (an adapter: in PEFT's), and the optimizer's moments. */
  | { kind: 'state'; path: string; version: number };

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
   * Returns the log-probabilities of the forward pass and the sum over masked positions of the
   * distribution's entropy (nats) and their count.
   */
  accumulate(
    examples: readonly Example[],
    coefficients: Coefficients | readonly Float32Array[],
    ctl?: Ctl,
  ): Promise<{ logprobs: Float32Array[]; entropySum: number; positions: number }>;
  /** One AdamW update with the gathered gradient, which is then cleared. A gradient that is not finite is refused (EngineError `numeric`) and nothing changes. */
  step(options: OptimizerOptions): Promise<{ gradNorm: number }>;
  /** An immutable copy of the weights to sample from. */
  publish(): Promise<WeightsRef>;
  /** Writes a resumable state folder at `path` (atomically: temp folder, fsync, rename). */
  save(path: string): Promise<WeightsRef>;
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
  /** Seconds spent inside sample, score, accumulate and step since the start. */
  busySeconds(): number;
  inspect(ref: WeightsRef): Promise<ModelInfo>;
  /**
   * `adapt` left out: all parameters, and of an adapter that adapter. An adapter is continued as it was saved:
   * EngineError `user` where `adapt` says otherwise.
   */
  openPolicy(options: PolicyOptions): Promise<Policy>;
  openSampler(ref: WeightsRef): Promise<Sampler>;
  /** Forgets a snapshot. */
  remove(ref: WeightsRef): Promise<void>;
  close(): Promise<void>;
}
