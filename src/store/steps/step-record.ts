/**
 * What a training step was computed from: tokens, sampled log-probabilities, rewards, advantages and settings. Together
 * with the weights before the step, it is enough to compute the step again, also with other software.
 */

import type { TrainingDials } from '../../config/schema.ts';
import type { WeightsRef } from '../../engine/engine.ts';
import type { RoleName, Rollout, RolloutGroup } from '../../types.ts';

/** Weights by name: the path of a base model, or the engine's id of a state of the run. */
export interface WeightsName {
  kind: WeightsRef['kind'];
  id: string;
}

/** The tokens of one completion, as sampled. */
export interface SampledTokens {
  /** New tokens, including the one that ended the completion. */
  tokens: Int32Array;
  /**
   * Log-probability of each token when it was sampled, in nats (temperature 1, unfiltered). In a step of preference
   * training: under the weights before the step, after the prompt of the group.
   */
  logprobs: Float32Array;
}

/** The tokens of one group. */
export interface GroupTokens {
  /** The rendered prompt. */
  prompt: Int32Array;
  /** In the order of the group's rollouts. */
  completions: SampledTokens[];
}

/** Identifies a training step. */
export interface StepKey {
  role: RoleName;
  iteration: number;
  /** 0-based. */
  step: number;
}

/** What a training step adds to its rollouts, in a unit. */
export interface StepInputs extends StepKey {
  /**
   * As the step used them. `beta`: factor of the margin in preference training, whose groups are pairs, the chosen
   * response first; absent for GRPO.
   */
  settings: TrainingDials & { beta?: number };
  /** The policy's weights before the step, with which it sampled. */
  weights: WeightsName;
  /** The reference of the KL term, or of preference training; null without one. */
  reference: WeightsName | null;
  /** In the order of the unit's rollouts. */
  groups: GroupTokens[];
}

/** One completion of a recorded step. */
export interface RecordedCompletion extends SampledTokens {
  /** `length`: cut off at the token limit. */
  stop: Rollout['stop'];
  /** The token that ended the completion, the last of `tokens`; null if it was cut off. */
  stopToken: number | null;
  reward: number;
  advantage: number;
}

/** One group of a recorded step. */
export interface RecordedGroup {
  prompt: Int32Array;
  completions: RecordedCompletion[];
}

/** A training step as the store returns it. */
export interface StepRecord extends Omit<StepInputs, 'groups'> {
  groups: RecordedGroup[];
}

/** Returns the name of weights. */
export function weightsName(ref: WeightsRef): WeightsName {
  return { kind: ref.kind, id: ref.kind === 'base' ? ref.path : ref.id };
}

/** Joins the tokens of a step's groups with their rollouts. */
export function recordedGroups(
  tokens: readonly GroupTokens[],
  rollouts: readonly Pick<RolloutGroup, 'rollouts'>[],
): RecordedGroup[] {
  return tokens.map(({ prompt, completions }, group) => ({
    prompt,
    completions: completions.map((sampled, at) => recorded(sampled, rollouts[group].rollouts[at])),
  }));
}

function recorded(sampled: SampledTokens, { stop, reward, advantage }: Rollout): RecordedCompletion {
  const stopToken = stop === 'stop' ? (sampled.tokens.at(-1) ?? null) : null;
  return { ...sampled, stop, stopToken, reward, advantage };
}
