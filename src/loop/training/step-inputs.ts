/** Collects what a training step is computed from, for the store. */

import type { WeightsRef } from '../../engine/engine.ts';
import { type StepInputs, weightsName } from '../../store/steps/step-record.ts';
import type { StepPlace } from '../context.ts';
import type { RewardedGroup } from './grpo-step.ts';
import type { TrainedRole } from './roles.ts';

/** The groups of a step, the weights that sampled them, and the reference of the KL term. */
export interface StepSources {
  groups: readonly RewardedGroup[];
  weights: WeightsRef;
  reference: WeightsRef | null;
}

/** Returns the tokens and settings of a step. Rewards and advantages are in its rollouts. */
export function stepInputs(
  { name, settings }: Pick<TrainedRole, 'name' | 'settings'>,
  { iteration, step }: Pick<StepPlace, 'iteration' | 'step'>,
  { groups, weights, reference }: StepSources,
): StepInputs {
  return {
    role: name,
    iteration,
    step,
    settings,
    weights: weightsName(weights),
    reference: reference && weightsName(reference),
    groups: groups.map(({ prompt, completions }) => ({
      prompt,
      completions: completions.map(({ tokens, logprobs }) => ({ tokens, logprobs })),
    })),
  };
}
