/** The phase that trains a Challenger against a frozen Solver, whatever it is paid for. */

import type { Completion, Sampler, Tokens, WeightsRef } from '../../engine/engine.ts';
import { createFlow, type Flow } from '../../engine/flow/flow.ts';
import type { Reward } from '../../rewards/reward.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { openOnce } from '../open-once.ts';
import { type GroupReady, type PhaseGroup, type Rollouts, runPhase } from './phase.ts';
import { weightsOfPhase } from './weights.ts';

/** Who poses and who answers in a step. */
export interface Players {
  flow: Flow;
  challenger: Sampler;
  solver: Sampler;
  ready: GroupReady;
}

export interface ChallengerPhase {
  iteration: number;
  start: WeightsRef;
  solver: WeightsRef;
  /** What the stage does; default: the title of stage 1. */
  title?: string;
  rollOut: (players: Players, place: StepPlace) => Promise<Rollouts>;
}

/** Trains this iteration's Challenger and returns its weights; returns `start` if `challenger.train` is false. */
export async function runChallengerPhase(ctx: RunContext, phase: ChallengerPhase): Promise<WeightsRef> {
  const { iteration, start, title, rollOut } = phase;
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(phase.solver, { role: 'solver' }));
  try {
    await runPhase(ctx, {
      role: 'challenger',
      iteration,
      ...(title === undefined ? {} : { title }),
      steps: ctx.config.challenger.train ? ctx.config.challenger.steps : 0,
      start,
      rollOut: async (challenger, place, ready) =>
        rollOut({ flow, challenger, solver: await solver.get(), ready }, place),
    });
  } finally {
    await solver.close();
  }
  return weightsOfPhase(ctx, 'challenger', iteration, start);
}

/** Divides the rewards of all posed questions among their groups of equal size. */
export function rewardedGroups(
  posed: readonly { prompt: Tokens; promptText: string; completions: Completion[] }[],
  rewards: readonly Reward[],
): PhaseGroup[] {
  const groupSize = rewards.length / posed.length;
  return posed.map(({ prompt, promptText, completions }, at) => ({
    prompt,
    promptText,
    label: null,
    completions,
    rewards: rewards.slice(at * groupSize, (at + 1) * groupSize),
  }));
}
