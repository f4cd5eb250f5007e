/**
 * What a conformance probe measures on a service. Each finding is measured, never concluded from a name. Null: it could
 * not be measured, because the service does not report what is needed.
 */

/** How a gradient is reduced over the tokens of a sequence, or over the sequences of a step. */
export type Reduction = 'sum' | 'mean' | 'other';

/** Findings about sampling. */
export interface SamplingFindings {
  /** The base can be sampled without an adapter. */
  base: boolean;
  /** The same seed gives the same tokens. */
  seeds: boolean;
  /** Seeds from 2^31 on are accepted. */
  largeSeeds: boolean;
  /** The n completions of one request with a seed differ. */
  samplesDiffer: boolean;
  /** Token ids end a completion. */
  stopTokens: boolean;
  /** The token that ends a completion is part of it; null if stop tokens are ignored. */
  stopTokenIncluded: boolean | null;
  /** Texts end a completion. */
  stopStrings: boolean;
  topK: boolean;
  topP: boolean;
  /** Log-probabilities of sampled tokens: under the distribution at temperature 1, or at that of the request. */
  logprobs: 'raw' | 'tempered' | 'absent';
  /** Entries of a prompt's log-probabilities: one per token with the first undefined, one fewer, or none at all. */
  promptLogprobs: 'n' | 'n-1' | 'absent';
  /** The log-probabilities of a prompt come without sampling a token, which is half the work. */
  scoresOnly: boolean;
  /** An unknown base model is refused. */
  baseChecked: boolean;
  /** A prompt beyond the context is refused; null if the context is too long to try. */
  contextChecked: boolean | null;
}

/** Findings about training. */
export interface TrainingFindings {
  /** A forward pass without a backward pass exists. */
  forwardOnly: boolean;
  /** The input `mask` is read, and nothing is computed where it is 0. */
  masks: boolean;
  /** An optimizer step reports the norm of the gradient. */
  gradientNorm: boolean;
  perToken: Reduction | null;
  perSequence: Reduction | null;
  /** The weights of cross_entropy may be negative. */
  signedWeights: boolean | null;
  /** The gradient of the loss `importance_sampling` is right, for signed advantages and other ratios than 1. */
  importanceSampling: boolean | null;
  /** The same for `ppo`, with a ratio beyond its limit. */
  ppo: boolean | null;
  cispo: boolean | null;
  /** Two passes over one sequence agree. False: the service drops out parts of the adapter. */
  repeatable: boolean;
  /** A new model starts without a gradient. False: the gradient of an unloaded model is left in its slot. */
  freshGradient: boolean | null;
  /** A repeated training request is the same one, counts again, or is refused; null: not tried. */
  repetition: 'same' | 'again' | 'refused' | null;
  /** Settings of the optimizer that take effect. */
  clip: boolean | null;
  betas: boolean | null;
  epsilon: boolean | null;
  weightDecay: boolean | null;
  /** The settings of a model's first step hold for all its steps. */
  settingsFixed: boolean;
  /** A loaded state continues with its optimizer. */
  optimizerRestored: boolean | null;
  /** Weights to sample from stay as they were published. */
  immutableSnapshots: boolean;
  /** Sampling from older weights leaves the model that is trained unchanged. */
  samplingKeepsTraining: boolean;
  /** Saved weights can be sampled after their model is unloaded. */
  snapshotsOutliveModel: boolean;
  /** The base can be sampled unchanged next to a trained model. */
  baseBeside: boolean;
  /** Largest difference between the trainer's and the sampler's log-probabilities of one text, in nats. */
  gap: number | null;
}

/** Everything that was found on one service. */
export interface Findings {
  profile: Profile;
  sampling: SamplingFindings | null;
  training: TrainingFindings | null;
}

/** Name of the known service that has these findings. Only a label: decisions use the findings. */
export type Profile = 'conforming' | 'skyrl-jax' | 'skyrl-fsdp' | 'skyrl-megatron' | 'openrl' | 'other';

/** Returns the label of findings. */
export function profileOf(training: TrainingFindings | null, sampling: SamplingFindings | null): Profile {
  if (training === null) return 'other';
  const { perToken, perSequence, betas, repetition, immutableSnapshots, signedWeights, baseBeside } = training;
  if (perToken === 'mean' && perSequence === 'mean') return 'skyrl-jax';
  if (repetition === 'again') return 'openrl';
  if (betas === false && !immutableSnapshots) return baseBeside ? 'skyrl-megatron' : 'skyrl-fsdp';
  const conforms = perToken !== 'other' && perSequence !== 'other' && signedWeights !== false && immutableSnapshots;
  return conforms && sampling?.promptLogprobs !== 'n-1' ? 'conforming' : 'other';
}
