/**
 * Stage 1 of an open domain with scores: trains the Challenger to pose tasks whose responses by the frozen Solver differ in
 * their scores. The reward is in `scoring/spread-reward.ts`.
 */

import type { WeightsRef } from '../../engine/engine.ts';
import { deriveSeed } from '../../random.ts';
import { spreads } from '../../scoring/mixture.ts';
import { spreadRewards } from '../../scoring/spread-reward.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { type Players, rewardedGroups, runChallengerPhase } from '../training/challenger-phase.ts';
import type { Rollouts } from '../training/phase.ts';
import { distinctShare } from '../watch/monitors.ts';
import { poseGroups } from './pose-groups.ts';
import { type OpenScorers, openScorers } from './scorers.ts';
import { sampleResponses, storedResponses } from './responses.ts';

/** Trains this iteration's Challenger and returns its weights; returns `start` if `challenger.train` is false. */
export async function trainPoser(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; solver: WeightsRef },
): Promise<WeightsRef> {
  const scorers = openScorers(ctx);
  try {
    return await runChallengerPhase(ctx, {
      ...from,
      title: 'Challenger learns to pose tasks whose responses differ',
      rollOut: (players, place) => poseAndScore(ctx, { ...players, scorers }, place),
    });
  } finally {
    await scorers.close();
  }
}

async function poseAndScore(
  ctx: RunContext,
  players: Players & { scorers: OpenScorers },
  place: StepPlace,
): Promise<Rollouts> {
  const { flow, solver, scorers } = players;
  const { config } = ctx;
  const posed = await poseGroups(ctx, players, place);
  const questions = posed.flatMap((group) => group.questions);
  const valid = questions.filter(({ invalid }) => invalid === null);
  const sampled = await sampleResponses(ctx, {
    flow,
    solver,
    tasks: valid.map(({ id, text }) => ({ text, seed: deriveSeed(config.seed, 'respond', id) })),
    count: config.challenger.votes,
    settings: config.votes,
    ctl: reporting(ctx, place, 'responses'),
  });
  const groups = sampled.map(({ group }) => group);
  const spread_P = spreads(await scorers.score(groups, solver, reporting(ctx, place, 'scores')));
  const spreadOf = new Map(valid.map(({ id }, at) => [id, spread_P[at]]));
  const rewards = spreadRewards(
    questions.map(({ id, text }) => ({ text, spread: spreadOf.get(id) ?? null })),
    config.challenger,
  );
  return {
    groups: rewardedGroups(posed, rewards),
    unit: {
      questions,
      attempts: sampled.flatMap(({ completions }, at) => storedResponses(ctx, valid[at].id, completions)),
    },
    metrics: metricsOf('', {
      valid: valid.length / questions.length,
      clusters: distinctShare(ctx, questions),
      difficulty: meanOf(valid.flatMap(({ text }) => ctx.domain.difficulty?.of(text) ?? [])),
    }),
  };
}
