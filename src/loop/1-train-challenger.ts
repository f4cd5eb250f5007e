/**
 * Stage 1: trains the Challenger to pose questions that the frozen Solver answers correctly about half the time.
 * The Solver answers every question several times, and a split vote earns the most (R-Zero, arXiv 2508.05004,
 * section 3.2; deviations are in FIDELITY.md, "Challenger").
 */

import type { Sampler, WeightsRef } from '../engine/engine.ts';
import type { Reward } from '../rewards/reward.ts';
import { rewardBatch } from '../rewards/rewards.ts';
import { deriveSeed } from '../random.ts';
import type { Question } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { distinctShare, unansweredShare } from './watch/monitors.ts';
import { type Rollouts, runPhase } from './training/phase.ts';
import { readQuestion } from './pool/questions.ts';
import { afterCorrection } from './run/code-record.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import { NO_VOTES, show, type Voted, voteOn } from './pool/voting.ts';
import { meanOf, metricsOf } from './metrics.ts';
import { weightsOfPhase } from './training/weights.ts';

/** Trains this iteration's Challenger and returns its weights; returns `start` if `challenger.train` is false. */
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
        opened.solver ??= await ctx.engine.openSampler(from.solver, { role: 'solver' });
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
  const settings = config.challenger;
  const messages = domain.challengerMessages();
  const prompt = encodePrompt(ctx, messages);
  const { iteration, step } = place;
  const requests = Array.from({ length: settings.groups }, (_, group) => ({
    prompt,
    n: settings.groupSize,
    seed: deriveSeed(config.seed, iteration, 'pose', step, group),
    ...samplingOptions(settings),
    ...ctx.tokenizer.ends,
  }));
  const completions = await challenger.sample(requests, reporting(ctx, place, 'questions'));
  const questions = completions
    .flat()
    .map((completion, index) => readQuestion(ctx, completion, { iteration, origin: 'training', step, index }));
  const valid = questions.filter((question) => question.invalid === null);
  const voted = await voteOn(ctx, {
    solver,
    questions: valid,
    settings: { ...config.votes, count: settings.votes, countUnanswered: true },
    ctl: reporting(ctx, place, 'votes'),
  });
  const rewards = await rewardsOf(ctx, place, questions, voted);
  const groups = completions.map((group, at) => ({
    prompt,
    promptText: messages[messages.length - 1].content,
    label: null,
    completions: group,
    rewards: rewards.slice(at * settings.groupSize, (at + 1) * settings.groupSize),
  }));
  return {
    groups,
    unit: { questions, attempts: voted.flatMap((one) => one.attempts) },
    metrics: metricsOf('', {
      valid: valid.length / questions.length,
      agreement: meanOf(voted.map((one) => one.tally.agreement)),
      unanswered: unansweredShare(voted.map((one) => one.tally)),
      clusters: distinctShare(ctx, questions),
      difficulty: meanOf(valid.flatMap((question) => domain.difficulty?.of(question.text) ?? [])),
    }),
    shown: show(ctx, voted),
  };
}

function rewardsOf(
  ctx: Pick<RunContext, 'config' | 'rewards' | 'store'>,
  { iteration, step }: StepPlace,
  questions: readonly Question[],
  voted: readonly Voted[],
): Promise<readonly Reward[]> {
  const tallies = new Map(voted.map((one) => [one.question.id, one.tally]));
  const items = questions.map(({ id, text, invalid, claimed, completion }) => {
    const { agreement, label } = tallies.get(id) ?? NO_VOTES;
    return { text, invalid, claimed, completion, agreement, label };
  });
  const earlierTexts = (): string[] => ctx.store.earlierQuestionTexts(iteration);
  const batch = { items, iteration, step, config: ctx.config, earlierTexts };
  const next = afterCorrection(ctx.store, 'rewards.challenger');
  return rewardBatch('challenger', ctx.rewards.challenger, batch, next);
}
