/**
 * Stage 1 of an open domain with hints: trains the Challenger to pose tasks with hints that shift the frozen Solver away
 * from its own response (G-Zero's Hint-δ). The reward is in `scoring/g-zero/hint-reward.ts`.
 */

import type { Sampler, SamplingOptions, WeightsRef } from '../../engine/engine.ts';
import { createFlow, type Flow } from '../../engine/flow/flow.ts';
import { hintRewards } from '../../scoring/g-zero/hint-reward.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { openOnce } from '../open-once.ts';
import { type GroupReady, type Rollouts, runPhase } from '../training/phase.ts';
import { weightsOfPhase } from '../training/weights.ts';
import { distinctShare } from '../watch/monitors.ts';
import { hintedTasks, shiftsOf } from './hint-shifts.ts';
import { poseGroups } from './pose-groups.ts';
import { storedResponses } from './responses.ts';

/**
 * Trains this iteration's Challenger and returns its weights; returns `start` if `challenger.train` is false.
 * @param from.responses how the Solver's responses are sampled
 */
export async function trainHinter(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; solver: WeightsRef; responses: SamplingOptions },
): Promise<WeightsRef> {
  const { iteration, start, responses } = from;
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  try {
    await runPhase(ctx, {
      role: 'challenger',
      iteration,
      title: 'Challenger learns to write hints that shift the Solver',
      steps: ctx.config.challenger.train ? ctx.config.challenger.steps : 0,
      start,
      rollOut: async (challenger, place, ready) =>
        poseAndShift(ctx, { flow, challenger, solver: await solver.get(), ready, responses }, place),
    });
  } finally {
    await solver.close();
  }
  return weightsOfPhase(ctx, 'challenger', iteration, start);
}

interface Players {
  flow: Flow;
  challenger: Sampler;
  solver: Sampler;
  ready: GroupReady;
  responses: SamplingOptions;
}

async function poseAndShift(ctx: RunContext, players: Players, place: StepPlace): Promise<Rollouts> {
  const { groupSize } = ctx.config.challenger;
  const posed = await poseGroups(ctx, players, place);
  const questions = posed.flatMap((group) => group.questions);
  const tasks = hintedTasks(ctx, questions, players.responses);
  const { flow, solver, responses: settings } = players;
  const shifted = await shiftsOf(ctx, { flow, solver, tasks, settings, ctl: reporting(ctx, place, 'responses') });
  const byId = new Map(shifted.map((one) => [one.question.id, one]));
  const rewards = hintRewards(
    questions.map(({ id, text }) => {
      const { hint = '', shift = null } = byId.get(id) ?? {};
      return { task: text, hint, shift };
    }),
  );
  return {
    groups: posed.map(({ prompt, promptText, completions }, at) => ({
      prompt,
      promptText,
      label: null,
      completions,
      rewards: rewards.slice(at * groupSize, (at + 1) * groupSize),
    })),
    unit: {
      questions,
      attempts: shifted.flatMap(({ question, response }) => storedResponses(ctx, question.id, [response])),
    },
    metrics: metricsOf('', {
      valid: questions.filter(({ invalid }) => invalid === null).length / questions.length,
      clusters: distinctShare(ctx, questions),
      hint_characters: meanOf(shifted.map(({ hint }) => hint.length)),
    }),
  };
}
