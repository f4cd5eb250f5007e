/** Ways in which services differ from what the engine would like; none by default. */
export interface Quirks {
  /** Gradients are divided by the weights of each sequence, and by the sequences of each step. */
  means: boolean;
  /** The loss `importance_sampling` is refused. */
  noImportance: boolean;
  /** Tokens that end every completion, whatever a request names. */
  ends: readonly number[];
  /** Optimizer settings that have no effect. */
  ignores: readonly ('betas' | 'clip' | 'epsilon' | 'weightDecay')[];
  /** The settings of a model's first step hold for all its steps. */
  settingsFixed: boolean;
  /** `live`: published weights follow their model. `reverting`: they share its place: the ones sampled last
   * follow it, and sampling others resets it to them. */
  snapshots: 'immutable' | 'live' | 'reverting';
  /** Published weights end with their model. */
  mortalSnapshots: boolean;
  /** The gradient of an unloaded model is left to the next one. */
  leaks: boolean;
  promptLogprobs: 'n' | 'n-1' | 'absent';
  /** A request for no token is refused. */
  drawsAlways: boolean;
  seeds: 'honoured' | 'small' | 'ignored';
  /** All completions of a request are equal. */
  sameSamples: boolean;
  stops: 'honoured' | 'ignored' | 'excluded';
  /** `top_k` and `top_p` have no effect. */
  noFilters: boolean;
  tempered: boolean;
  /** There is no forward pass without a backward pass. */
  noForward: boolean;
  /** A repeated training request counts twice. */
  repeats: boolean;
  gradNorm: 'reported' | 'absent' | 'zero-for-nan';
  /** Size of noise in passes, in nats. */
  dropout: number;
  /** The base is sampled with the weights of the newest model. */
  baseFollows: boolean;
  /** Adapters always have alpha 32. */
  fixedAlpha: boolean;
  /** Loaded states start with a new optimizer. */
  freshOptimizer: boolean;
  archives: 'whole' | 'empty' | 'none';
  /** Models at the same time. */
  maxModels: number;
}

export const CONFORMING: Quirks = {
  means: false,
  noImportance: false,
  ends: [],
  ignores: [],
  settingsFixed: false,
  snapshots: 'immutable',
  mortalSnapshots: false,
  leaks: false,
  promptLogprobs: 'n',
  drawsAlways: false,
  seeds: 'honoured',
  sameSamples: false,
  stops: 'honoured',
  noFilters: false,
  tempered: false,
  noForward: false,
  repeats: false,
  gradNorm: 'reported',
  dropout: 0,
  baseFollows: false,
  fixedAlpha: false,
  freshOptimizer: false,
  archives: 'whole',
  maxModels: Infinity,
};

/** As measured on SkyRL with the JAX backend. */
export const LIKE_SKYRL_JAX: Quirks = {
  ...CONFORMING,
  means: true,
  ignores: ['clip'],
  snapshots: 'reverting',
  mortalSnapshots: true,
  leaks: true,
  promptLogprobs: 'n-1',
  drawsAlways: true,
  fixedAlpha: true,
};

/** As measured on OpenRL with the transformers sampler, with dropout switched off. */
export const LIKE_OPENRL: Quirks = {
  ...CONFORMING,
  settingsFixed: true,
  snapshots: 'live',
  mortalSnapshots: true,
  promptLogprobs: 'absent',
  drawsAlways: true,
  seeds: 'ignored',
  stops: 'ignored',
  noFilters: true,
  tempered: true,
  noForward: true,
  repeats: true,
  gradNorm: 'zero-for-nan',
};
