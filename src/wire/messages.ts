/**
 * Messages of the Tinker wire as plain values. The client (`engine/tinker/`) and the server (`serve/tinker/`) work with
 * these; `json/` and `protobuf/` turn them into the two encodings and back. Sources: Tinker SDK 0.25.0 and 0.38.0.
 */

/** A tensor of a datum. Tokens are `int64` on the wire, and must fit into 32 bits here. */
export type WireTensor =
  | { dtype: 'float32'; data: Float32Array; shape?: readonly number[] }
  | { dtype: 'int64'; data: Int32Array; shape?: readonly number[] };

/** One training sequence: N input tokens, and tensors of length N that are aligned to their targets. */
export interface WireDatum {
  tokens: Int32Array;
  /** `target_tokens`, `weights`, `logprobs`, `advantages`, `mask`. */
  inputs: Record<string, WireTensor>;
}

/** Losses that the service computes. */
export const WIRE_LOSSES = ['cross_entropy', 'importance_sampling', 'ppo', 'cispo', 'dro'] as const;
export type WireLoss = (typeof WIRE_LOSSES)[number];

/** A forward pass, with a backward pass unless `forwardOnly`. */
export interface ForwardBackward {
  modelId: string;
  /** Position in the model's sequence of training requests, from 1; 0 if the client sent none. */
  seqId: number;
  data: readonly WireDatum[];
  /** A `WireLoss`; other names are for the service to refuse. */
  loss: string;
  /** Texts exist since the SDK 0.38. */
  config?: Readonly<Record<string, number | string>>;
  forwardOnly: boolean;
}

/** Result of a forward or backward pass. */
export interface ForwardBackwardOutput {
  outputType: string;
  /** Log-probability of every target: one array of length N per datum. NaN where the service sent null. */
  logprobs: Float32Array[];
  /** Names end in a reduction: `loss:sum`. */
  metrics: Record<string, number>;
}

export interface AdamParams {
  learning_rate: number;
  beta1: number;
  beta2: number;
  eps: number;
  weight_decay: number;
  grad_clip_norm: number;
}

export interface WireSamplingParams {
  max_tokens: number;
  seed?: number;
  /** Texts or token ids. */
  stop?: readonly string[] | readonly number[];
  temperature: number;
  /** -1 is off. */
  top_k: number;
  top_p: number;
}

/** A request to sample from a sampling session, or directly from a base model or saved weights. */
export interface WireSampleRequest {
  samplingSession?: string;
  /** Position in the sampling session, from 0. The SDK's numbers reach 1e18, beyond the exact integers of a `number`. */
  seqId?: bigint;
  baseModel?: string;
  /** A `tinker://` path. */
  modelPath?: string;
  /** Number of completions. */
  n: number;
  prompt: Int32Array;
  params: WireSamplingParams;
  promptLogprobs: boolean;
  /** Alternatives per prompt token; 0 is off. */
  topkPromptLogprobs: number;
}

export interface WireSequence {
  tokens: Int32Array;
  /** One per token; null if the service sent none. Empty without tokens. */
  logprobs: Float32Array | null;
  stopReason: 'stop' | 'length';
}

export interface SampleOutput {
  sequences: WireSequence[];
  /** As sent: n entries with NaN first, or n - 1 entries (SkyRL on JAX); null if absent. */
  promptLogprobs: Float32Array | null;
}

export interface LoraConfig {
  /** 0 trains all parameters. */
  rank: number;
  seed?: number;
  train_unembed?: boolean;
  train_mlp?: boolean;
  train_attn?: boolean;
  /** Read by OpenRL and by this project's server; others ignore it. */
  lora_alpha?: number;
  lora_dropout?: number;
}
