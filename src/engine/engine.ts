/**
 * The interface between the algorithm and the hardware. It has six operations: **sample**, **score**, **accumulate** (a
 * linear backward), **step**, **publish** (trainer to sampler) and **save/open**. The engine owns the weights that it
 * saves: it lists, exports and removes them, and only the engine interprets their ids.
 *
 * Every loss of per-token log-probabilities has a linear backward: the caller computes dL/dlogprob in plain TypeScript
 * (`grpo/`), and the engine runs a weighted cross-entropy backward. The engine therefore contains no GRPO, KL or
 * reward. There is deliberately no in-place `load()`.
 *
 * Contract (tested by `engine.contract.ts` for every engine): gradients add up, and the caller scales them; snapshots
 * are immutable; a completion has the version and log-probabilities that it was sampled with; the same request on the
 * same weights returns the same tokens. Next: `local/`. `test/engines/scripted/` is the shortest complete engine.
 */

import type { AdapterShape, DeviceName, EngineUsage, RoleName } from '../types.ts';

export type { EngineUsage } from '../types.ts';

export type Tokens = Int32Array;

/** A model that the engine did not create: a Hugging Face folder, or an adapter in PEFT's format. */
export interface BaseRef {
  kind: 'base';
  /** Absolute. */
  path: string;
}

/** Published weights. The engine keeps them in memory until `remove` or until it closes. */
export interface SnapshotRef {
  kind: 'snapshot';
  id: string;
  version: number;
}

/** A policy on durable storage, written by `Policy.save`: weights and optimizer moments. */
export interface StateRef {
  kind: 'state';
  /** The engine's id of the state (a path, a URI, a key); opaque to other code. It remains valid when `home` moves. */
  id: string;
  /** Absolute folder of the run that the state belongs to. */
  home: string;
}

/** A reference to weights; serialisable as JSON. */
export type WeightsRef = BaseRef | SnapshotRef | StateRef;

/** Where to save a state. An engine with separate storage may treat both fields as hints. */
export interface StatePlace {
  /** Absolute folder of the run. */
  home: string;
  /** Unique within the run, e.g. `solver-2-step-15`; letters, digits and hyphens. */
  name: string;
}

export interface Progress {
  /** Finished completions (sample) or examples (score, accumulate). */
  done: number;
  total: number;
  tokensPerSecond: number | null;
}

/** Options of every call. */
export interface Ctl {
  /**
   * Aborting it ends the call with EngineError `aborted`: a stopped run waits for nothing else. An engine checks it
   * between batches, or passes it to its requests. A call whose signal is aborted already does no work.
   */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /**
   * Called during `sample` with the tokens of a completion as they are drawn, in order. All tokens of a completion have
   * been passed when the call returns. An engine that cannot stream passes each completion as a whole.
   */
  onTokens?: (drawn: DrawnTokens) => void;
  /**
   * Signals of single requests of `sample`, in order: aborting one ends that request only. Its completions are what was
   * drawn until then, possibly nothing, with stop `length`. An engine may ignore them.
   */
  requestSignals?: readonly (AbortSignal | undefined)[];
}

/** New tokens of one completion, with their log-probabilities (`Completion.logprobs`). */
export interface DrawnTokens {
  /** Index of the request in the call. */
  request: number;
  /** Index of the completion in its request. */
  completion: number;
  tokens: number[];
  logprobs: number[];
  /** How the completion ended, with its last tokens (possibly none); null before. */
  end: Pick<Completion, 'stop' | 'stopString' | 'policyVersion'> | null;
}

export interface SamplingOptions {
  /** Maximum number of new tokens per completion. */
  maxTokens: number;
  /** 0 is greedy. */
  temperature: number;
  /** 1 is off. */
  topP: number;
  /** 0 is off. */
  topK: number;
  /** Drops tokens less likely than this fraction of the most likely one's probability; 0 or absent is off. */
  minP?: number;
  /** Tokens that end a completion, in addition to the model's end tokens. */
  stopTokens?: readonly number[];
  /** Texts that end a completion as soon as its new tokens contain one; needs the model's tokenizer. */
  stopStrings?: readonly string[];
  /** Whether the model's own end tokens do not end a completion; `stopTokens` and `stopStrings` still do. */
  ignoreEnd?: boolean;
}

export interface SampleRequest extends SamplingOptions {
  prompt: Tokens;
  /** Number of completions. */
  n: number;
  /** Completion i uses a random stream that depends only on (seed, i). */
  seed: number;
}

export interface Completion {
  /** New tokens, including the stop token or the token that completes a stop string. */
  tokens: Tokens;
  /** Log-probability of each token under the raw (temperature 1, unfiltered) distribution; finite. */
  logprobs: Float32Array;
  stop: 'stop' | 'length';
  /** The stop string that ended it, unless a stop token did. `completionText` cuts it off. */
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
  /** Decoupled weight decay. */
  weightDecay: number;
  /** Global gradient-norm limit; 0 is off. */
  clip: number;
}

/**
 * AdamW for every tensor, or Muon for the matrices inside the layers and AdamW for the rest (pre-training; no
 * adapters).
 */
export interface OptimizerOptions extends AdamOptions {
  muon?: {
    learningRate: number;
    /** Nesterov momentum. */
    momentum: number;
  };
}

/** Results of the forward pass within a backward pass. */
export interface BackwardPass {
  /** Log-probabilities of the targets, one array of length N per example. */
  logprobs: Float32Array[];
  /** Sum of the entropy over masked positions, in nats; null if the engine does not compute it. */
  entropySum: number | null;
  /** Number of masked positions. */
  positions: number;
}

/** The distribution at every target of one example. All arrays have length N, and are 0 where mask is 0. */
export interface TokenMeasures {
  /** Log-probability of the target. */
  logprobs: Float32Array;
  /** Entropy, in nats. */
  entropy: Float32Array;
  /** KL(uniform ‖ distribution) over the vocabulary, in nats: 0 for a uniform distribution. */
  certainty: Float32Array;
}

export interface StepResult {
  /** Global norm of the gradient before clipping; null if the engine does not report it. */
  gradNorm: number | null;
}

export interface Sampler {
  readonly ref: WeightsRef;
  readonly version: number;
  /** Returns one array of `n` completions per request, in order. */
  sample(requests: readonly SampleRequest[], ctl?: Ctl): Promise<Completion[][]>;
  /** Returns the log-probability of every target, one array of length N per example, 0 where mask is 0. */
  score(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  /**
   * Same as `score`, with the entropy and the certainty of every distribution. Absent: the engine sees no whole
   * distributions, like a service that returns the log-probabilities of given tokens only.
   */
  measure?(examples: readonly Example[], ctl?: Ctl): Promise<TokenMeasures[]>;
  close(): Promise<void>;
}

export interface Policy {
  /** Optimizer steps applied since the base. */
  readonly version: number;
  /** Same as `Sampler.score`, under the current weights. */
  logprobs(examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]>;
  /**
   * Runs the forward pass, calls `coefficients`, and adds the backward pass to the gradient. Coefficients that do not
   * depend on the log-probabilities may be arrays, which saves the first forward pass. If it fails or is aborted, the
   * gradient accumulated since the last step is discarded.
   */
  accumulate(
    examples: readonly Example[],
    coefficients: Coefficients | readonly Float32Array[],
    ctl?: Ctl,
  ): Promise<BackwardPass>;
  /**
   * Applies one update with the accumulated gradient and clears the gradient. Throws EngineError `numeric`, without any
   * change, if the gradient is not finite.
   */
  step(options: OptimizerOptions): Promise<StepResult>;
  /** Makes an immutable copy of the weights to sample from. */
  publish(): Promise<SnapshotRef>;
  /**
   * Saves a resumable state atomically; it is durable when the call returns. Replaces a state of the same name. Returns
   * the reference that opens it later, also in another process.
   */
  save(place: StatePlace): Promise<StateRef>;
  close(): Promise<void>;
}

/**
 * What a policy trains: all parameters, or a low-rank adapter over the frozen base (LoRA). A new adapter does not
 * change the model yet; its random factors derive from `seed`.
 */
export type Adaptation = { kind: 'full' } | ({ kind: 'lora'; seed: number } & AdapterShape);

export interface ModelInfo {
  /** Number of parameters of the base, without those of an adapter; null if the engine does not know it. */
  parameters: number | null;
  /** Null for full weights. */
  adapter: (AdapterShape & { parameters: number }) | null;
  vocabulary: number;
  /** Maximum sequence length of the model, in tokens. */
  maxContext: number;
  architecture: string;
}

/** What weights are opened for. An engine of several servers places them by it; others ignore it. */
export interface Purpose {
  role?: RoleName;
  /** The frozen model that the KL term compares with. */
  reference?: boolean;
}

export interface PolicyOptions {
  from: WeightsRef;
  optimizer: 'restore' | 'fresh';
  adapt?: Adaptation;
  purpose?: Purpose;
}

/** The policies that a run will open. */
export interface TrainingPlan extends Pick<PolicyOptions, 'adapt' | 'from'> {
  /** Options of the steps of each role. */
  steps?: readonly { role: RoleName; options: OptimizerOptions }[];
}

/** A service that keeps the caller waiting: it does not answer, limits its use, or pauses the account. */
export interface Waiting {
  /** Address of the service, without secrets. */
  service: string;
  /** The reason in a few words, e.g. `connection refused`. */
  reason: string;
  /** Seconds since the wait began. */
  seconds: number;
}

export interface Engine {
  readonly name: string;
  /** Where it runs models; absent if it has no choice. */
  readonly device?: DeviceName;
  readonly threads: number;
  /** Number of completions sampled at once; larger batches are not faster. */
  readonly slots: number;
  /**
   * Whether calls that run at the same time share the engine: then the next call may start before one ends, and up to
   * `slots` completions are in progress over all calls. Absent or false: calls run one after the other.
   */
  readonly concurrent?: boolean;
  /** Seconds spent inside sample, score, accumulate and step since the start. */
  busySeconds(): number;
  inspect(ref: WeightsRef): Promise<ModelInfo>;
  /**
   * Opens a policy for training. Without `adapt`, it trains the adapter if `from` is one, otherwise all parameters.
   * Throws EngineError `user` if `adapt` contradicts a saved adapter.
   */
  openPolicy(options: PolicyOptions): Promise<Policy>;
  openSampler(ref: WeightsRef, purpose?: Purpose): Promise<Sampler>;
  /**
   * Frees a snapshot, or deletes a state; does nothing if it is already gone. Throws EngineError `user` for a base,
   * which the engine did not create.
   */
  remove(ref: WeightsRef): Promise<void>;
  /**
   * Writes a state's weights, or a copy of a base, as a plain checkpoint without the files that only training needs: a
   * Hugging Face folder, or PEFT's format for an adapter. Replaces `folder` atomically. Throws EngineError `user` for a
   * snapshot.
   */
  exportTo(ref: WeightsRef, folder: string): Promise<void>;
  /**
   * Saves a snapshot's weights durably, without optimizer moments. Returns the reference that opens it later, also in
   * another process. Absent: the engine can save policies only.
   */
  keep?(snapshot: SnapshotRef, place: StatePlace): Promise<StateRef>;
  /** Lists all states of the run in `home`, including incomplete ones that a killed process left. */
  states(home: string): Promise<StateRef[]>;
  /** Work done so far; absent for an engine on this machine. */
  usage?(): EngineUsage;
  /**
   * Properties that the engine finds out about a remote service, as JSON; a run stores them. The text `summary` says
   * them in a sentence. `about`: the policies that will be opened, which a service is tried with. Throws EngineError
   * `user` if a service cannot do what they need. Absent: none to find.
   */
  findings?(about?: TrainingPlan): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}
