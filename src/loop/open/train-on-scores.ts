/**
 * Stage 5 of an open domain with scores: trains the Solver by GRPO on the kept tasks, with the mixture of the scores of its
 * responses as their reward.
 */

import type { Sampler, WeightsRef } from '../../engine/engine.ts';
import { createFlow, type Flow } from '../../engine/flow/flow.ts';
import { deriveSeed } from '../../random.ts';
import { distinctBigrams } from '../../text/overlap.ts';
import type { LabelledQuestion } from '../../types.ts';
import { promptsOf } from '../5-train-solver.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { type GroupReady, type Rollouts, runPhase } from '../training/phase.ts';
import { weightsOfPhase } from '../training/weights.ts';
import { sampleResponses, textsOf } from './responses.ts';
import { mixed, type OpenScorers, openScorers } from './scorers.ts';

/** Trains this iteration's Solver and returns its weights. */
export async function trainOnScores(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; curriculum: readonly LabelledQuestion[] },
): Promise<WeightsRef> {
  const { iteration, start, curriculum } = from;
  const flow = createFlow(ctx.engine);
  const scorers = openScorers(ctx);
  try {
    await runPhase(ctx, {
      role: 'solver',
      iteration,
      title: 'Solver learns what the scorers prefer',
      steps: ctx.config.solver.steps,
      start,
      rollOut: (solver, place, ready) =>
        respondAndScore(ctx, { flow, solver, scorers, ready }, place, promptsOf(ctx, curriculum, place)),
    });
  } finally {
    await scorers.close();
  }
  return weightsOfPhase(ctx, 'solver', iteration, start);
}

interface Players {
  flow: Flow;
  solver: Sampler;
  scorers: OpenScorers;
  ready: GroupReady;
}

async function respondAndScore(
  ctx: RunContext,
  { flow, solver, scorers, ready }: Players,
  place: StepPlace,
  tasks: readonly LabelledQuestion[],
): Promise<Rollouts> {
  const { seed, solver: settings } = ctx.config;
  const { iteration, step } = place;
  const sampled = await sampleResponses(ctx, {
    flow,
    solver,
    tasks: tasks.map(({ question }, at) => ({
      text: question.text,
      seed: deriveSeed(seed, iteration, 'solve', step, at),
    })),
    count: settings.groupSize,
    settings,
    ctl: reporting(ctx, place, 'responses'),
    ready,
  });
  const groups = sampled.map(({ group }) => group);
  const scored = await scorers.score(groups, solver, reporting(ctx, place, 'scores'));
  const rewards = mixed(ctx, scored, groups);
  const raw = Object.fromEntries(scored.map(({ name, scores }) => [`scores/${name}`, meanOf(scores.flat())]));
  return {
    groups: sampled.map(({ completions, group }, at) => ({
      prompt: group.prompt,
      promptText: group.task,
      label: null,
      completions,
      rewards: rewards[at],
    })),
    metrics: metricsOf('', { ...raw, variety: meanOf(textsOf(groups).map(distinctBigrams)) }),
  };
}
