/**
 * A third trained role, as a contributor would add it: an entry in the table, a reward and a stage. The Critic
 * answers a question and is rewarded for an even answer, so that a step can be tested. A real role also has a section
 * in `config/schema.ts`; here the settings are passed directly.
 */

import type { TrainingDials } from '../../src/config/schema.ts';
import type { Sampler, WeightsRef } from '../../src/engine/engine.ts';
import { type RunContext, reporting, type StepPlace } from '../../src/loop/context.ts';
import { samplingOptions } from '../../src/engine/sampling-options.ts';
import { textOf } from '../../src/loop/sampling.ts';
import { encodePrompt } from '../../src/models/tokenizer/encode-prompt.ts';
import { type Rollouts, runPhase } from '../../src/loop/training/phase.ts';
import type { TrainedRole } from '../../src/loop/training/roles.ts';
import { weightsOfPhase } from '../../src/loop/training/weights.ts';
import { deriveSeed } from '../../src/random.ts';
import { ROLES, type RoleSpec, STAGES } from '../../src/roles.ts';

export const CRITIC = {
  name: 'critic',
  title: 'Critic',
  stage: 'train-critic',
  section: 'critic',
  prompt: 'solverMessages',
  answers: true,
  metrics: 'critic',
  weights: 'critic',
} as const satisfies RoleSpec;

/** Role names including the Critic, for a store. */
export const NAMES = [...ROLES, CRITIC].map(({ name }) => name);

/** Creates the context of a run in which the Critic trains after the Solver. */
export function withCritic(ctx: RunContext, dials: TrainingDials): RunContext {
  const critic: TrainedRole = { ...CRITIC, settings: dials };
  const at = STAGES.indexOf('evaluate');
  return {
    ...ctx,
    roles: [...ctx.roles, critic],
    stages: [...ctx.stages.slice(0, at), CRITIC.stage, ...ctx.stages.slice(at)],
  };
}

/** The stage: trains the Critic and returns its weights of this iteration. */
export async function trainCritic(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; dials: TrainingDials },
): Promise<WeightsRef> {
  const { iteration, start, dials } = from;
  const rollOut = (sampler: Sampler, place: StepPlace): Promise<Rollouts> => verify(ctx, sampler, place, dials);
  await runPhase(ctx, { role: CRITIC.name, iteration, steps: dials.steps, start, rollOut });
  return weightsOfPhase(ctx, CRITIC.name, iteration, start);
}

async function verify(ctx: RunContext, sampler: Sampler, place: StepPlace, dials: TrainingDials): Promise<Rollouts> {
  const texts = ['Compute 1 + 2.', 'Compute 3 + 4.'];
  const prompts = texts.map((text) => encodePrompt(ctx, ctx.domain.solverMessages(text)));
  const requests = prompts.map((prompt, at) => ({
    prompt,
    n: 4,
    seed: deriveSeed(ctx.config.seed, place.iteration, 'verify', place.step, at),
    ...samplingOptions(dials),
  }));
  const completions = await sampler.sample(requests, reporting(ctx, place, 'verdicts'));
  const groups = completions.map((group, at) => ({
    prompt: prompts[at],
    promptText: texts[at],
    label: null,
    completions: group,
    rewards: group.map((completion) => evenReward(ctx.domain.extractAnswer(textOf(ctx, completion)))),
  }));
  return { groups, metrics: {} };
}

/** Computes the reward: 1 for an even answer, otherwise 0. */
export function evenReward(answer: string | null): { reward: number; parts: Record<string, number> } {
  const even = answer !== null && Number(answer) % 2 === 0 ? 1 : 0;
  return { reward: even, parts: { even } };
}
