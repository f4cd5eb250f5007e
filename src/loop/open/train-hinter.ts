/**
 * Stage 1 of an open domain with hints: trains the Challenger to pose tasks with hints that shift the frozen Solver away
 * from its own response (G-Zero's Hint-δ). The reward is in `scoring/g-zero/hint-reward.ts`.
 */

import type { SamplingOptions, WeightsRef } from '../../engine/engine.ts';
import { hintRewards } from '../../scoring/g-zero/hint-reward.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { type Players, rewardedGroups, runChallengerPhase } from '../training/challenger-phase.ts';
import type { Rollouts } from '../training/phase.ts';
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
  const { responses, ...phase } = from;
  return runChallengerPhase(ctx, {
    ...phase,
    title: 'Challenger learns to write hints that shift the Solver',
    rollOut: (players, place) => poseAndShift(ctx, { ...players, responses }, place),
  });
}

async function poseAndShift(
  ctx: RunContext,
  players: Players & { responses: SamplingOptions },
  place: StepPlace,
): Promise<Rollouts> {
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
    groups: rewardedGroups(posed, rewards),
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
