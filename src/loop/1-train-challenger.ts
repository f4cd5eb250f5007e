/**
 * Stage 1. The Challenger learns to pose what the frozen Solver gets right about half the time: its
 * questions are answered several times, and a split vote pays (FIDELITY.md, "Challenger").
 */

import type { Sampler, WeightsRef } from '../engine/engine.ts';
import { challengerRewards } from '../rewards/challenger.ts';
import { memoryPenalties } from '../rewards/repetition.ts';
import { deriveSeed } from '../random.ts';
import type { Question } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { distinctShare, unansweredShare } from './watch/monitors.ts';
import { type Rollouts, runPhase } from './training/phase.ts';
import { readQuestion } from './pool/questions.ts';
import { encodePrompt, samplingOf } from './sampling.ts';
import { NO_VOTES, show, type Voted, voteOn } from './pool/voting.ts';
import { meanOf, metricsOf } from './metrics.ts';
import { weightsOfPhase } from './training/weights.ts';

/** Returns the weights of this iteration's Challenger: `start` where the Challenger is not trained. */
export async function trainChallenger(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; solver: WeightsRef },
): Promise<WeightsRef> {
  const { iteration, start } = from;
  const opened: { solver: Sampler | null } = { solver: null };
  try {
    await runPhase(ctx, {
      role: 'challenger',
      iteration,
      steps: ctx.config.challenger.train ? ctx.config.challenger.steps : 0,
      start,
      async rollOut(sampler, place) {
        opened.solver ??= await ctx.engine.openSampler(from.solver);
        return poseAndReward(ctx, sampler, opened.solver, place);
      },
    });
  } finally {
    await opened.solver?.close();
  }
  return weightsOfPhase(ctx, 'challenger', iteration, start);
}

async function poseAndReward(
  ctx: RunContext,
  challenger: Sampler,
  solver: Sampler,
  place: StepPlace,
): Promise<Rollouts> {
  const { config, domain } = ctx;
  const dials = config.challenger;
  const messages = domain.challengerMessages();
  const prompt = encodePrompt(ctx, messages);
  const { iteration, step } = place;
  const requests = Array.from({ length: dials.groups }, (_, group) => ({
    prompt,
    n: dials.groupSize,
    seed: deriveSeed(config.seed, iteration, 'pose', step, group),
    ...samplingOf(dials),
  }));
  const completions = await challenger.sample(requests, reporting(ctx, place, 'questions'));
  const questions = completions
    .flat()
    .map((completion, index) => readQuestion(ctx, completion, { iteration, origin: 'training', step, index }));
  const valid = questions.filter((question) => question.invalid === null);
  const voted = await voteOn(ctx, {
    solver,
    questions: valid,
    dials: { ...config.votes, count: dials.votes, countUnanswered: true },
    ctl: reporting(ctx, place, 'votes'),
  });
  const rewards = rewardsOf(ctx, questions, voted, iteration);
  const groups = completions.map((group, at) => ({
    prompt,
    promptText: messages[messages.length - 1].content,
    label: null,
    completions: group,
    rewards: rewards.slice(at * dials.groupSize, (at + 1) * dials.groupSize),
  }));
  return {
    groups,
    unit: { questions, attempts: voted.flatMap((one) => one.attempts) },
    metrics: metricsOf('', {
      valid: valid.length / questions.length,
      agreement: meanOf(voted.map((one) => one.tally.agreement)),
      unanswered: unansweredShare(voted.map((one) => one.tally)),
      clusters: distinctShare(ctx, questions),
      difficulty: meanOf(valid.flatMap((question) => domain.difficulty(question.text) ?? [])),
    }),
    shown: show(ctx, voted),
  };
}

function rewardsOf(
  ctx: Pick<RunContext, 'config' | 'store'>,
  questions: readonly Question[],
  voted: readonly Voted[],
  iteration: number,
): ReturnType<typeof challengerRewards> {
  const tallies = new Map(voted.map((one) => [one.question.id, one.tally]));
  const posed = questions.map(({ id, text, invalid, claimed }) => {
    const { agreement, label } = tallies.get(id) ?? NO_VOTES;
    return { text, invalid, claimed, agreement, label };
  });
  const { challenger, memory } = ctx.config;
  if (memory.weight === 0) return challengerRewards(posed, challenger);
  const earlier = ctx.store.earlierQuestionTexts(iteration);
  return challengerRewards(posed, challenger, memoryPenalties(posed, earlier, memory));
}
