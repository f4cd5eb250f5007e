/**
 * Stage 1: trains the Challenger to pose questions that the frozen Solver answers correctly about half the time.
 * The Solver answers every question several times, and a split vote earns the most (R-Zero, arXiv 2508.05004,
 * section 3.2; deviations are in FIDELITY.md, "Challenger").
 */

import type { Completion, Tokens, WeightsRef } from '../engine/engine.ts';
import { sharedProgress } from '../engine/flow/progress.ts';
import type { PosedItem } from '../rewards/challenger.ts';
import type { Reward } from '../rewards/reward.ts';
import { rewardBatch } from '../rewards/rewards.ts';
import { deriveSeed } from '../random.ts';
import type { Question } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { distinctShare, unansweredShare } from './watch/monitors.ts';
import { type Players, rewardedGroups, runChallengerPhase } from './training/challenger-phase.ts';
import type { Rollouts } from './training/phase.ts';
import { readQuestion } from './pool/questions.ts';
import { afterCorrection } from './run/code-record.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import { NO_VOTES, show, type Voted } from './pool/voting.ts';
import { castVotes } from './views/cast-votes.ts';
import { viewsVerdict } from './views/view-gate.ts';
import { meanOf, metricsOf } from './metrics.ts';

/** Trains this iteration's Challenger and returns its weights; returns `start` if `challenger.train` is false. */
export async function trainChallenger(
  ctx: RunContext,
  from: { iteration: number; start: WeightsRef; solver: WeightsRef },
): Promise<WeightsRef> {
  return runChallengerPhase(ctx, { ...from, rollOut: (players, place) => poseAndReward(ctx, players, place) });
}

async function poseAndReward(ctx: RunContext, players: Players, place: StepPlace): Promise<Rollouts> {
  const { domain } = ctx;
  const posed = await poseAndVote(ctx, players, place);
  const questions = posed.flatMap((group) => group.questions);
  const valid = questions.filter((question) => question.invalid === null);
  const voted = posed.flatMap((group) => group.voted).filter(({ tally }) => tally.attempts > 0);
  const rewards = await rewardsOf(ctx, place, questions, voted);
  const groups = rewardedGroups(posed, rewards);
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

/** The questions of one group, with the votes on the valid ones. */
interface PosedGroup {
  prompt: Tokens;
  /** The last message of the prompt. */
  promptText: string;
  completions: Completion[];
  questions: Question[];
  voted: Voted[];
}

/** Samples the groups, and lets the Solver vote on each as soon as it is there, if the engine allows it. */
async function poseAndVote(
  ctx: RunContext,
  { flow, challenger, solver, ready }: Players,
  place: StepPlace,
): Promise<PosedGroup[]> {
  const { config } = ctx;
  const { groups, groupSize, votes: count } = config.challenger;
  const { iteration, step } = place;
  const seeds = Array.from({ length: groups }, (_, group) => deriveSeed(config.seed, iteration, 'pose', step, group));
  const chats = seeds.map((seed) => ctx.domain.challengerMessages(seed));
  const requests = chats.map((messages, group) => ({
    prompt: encodePrompt(ctx, messages),
    n: groupSize,
    seed: seeds[group],
    ...samplingOptions(config.challenger),
    ...ctx.tokenizer.ends,
  }));
  let open = groups;
  const shown = reporting(ctx, place, 'votes');
  const voteCtl = sharedProgress({
    // Until all questions are posed, their progress is shown.
    onProgress: (progress) => (open === 0 ? shown.onProgress?.(progress) : undefined),
  });
  const voteAll = (questions: readonly Question[], signal: AbortSignal | undefined): Promise<Voted[]> =>
    castVotes(ctx, {
      flow,
      solver,
      challenger: async () => challenger,
      questions: questions.filter((question) => question.invalid === null),
      settings: { ...config.votes, count, countUnanswered: true },
      ctl: { ...voteCtl(), signal },
    });
  const posed = await flow.each(
    challenger,
    requests,
    reporting(ctx, place, 'questions'),
    async (completions, group, signal): Promise<PosedGroup> => {
      open--;
      const { prompt } = requests[group];
      const promptText = chats[group][chats[group].length - 1].content;
      ready(group, prompt, completions);
      const questions = await readAll(ctx, completions, { iteration, step, first: group * groupSize });
      return {
        prompt,
        promptText,
        completions,
        questions,
        voted: flow.overlaps ? await voteAll(questions, signal) : [],
      };
    },
  );
  if (flow.overlaps) return posed;
  // An engine of one call at a time is fastest with all attempts in one batch.
  const all = await voteAll(
    posed.flatMap(({ questions }) => questions),
    ctx.stop,
  );
  const voted = new Map(all.map((one) => [one.question.id, one]));
  return posed.map((group) => ({ ...group, voted: group.questions.flatMap(({ id }) => voted.get(id) ?? []) }));
}

/** Reads the questions of a group of a training step. `first`: position of its first question in the step. */
export async function readAll(
  ctx: RunContext,
  completions: readonly Completion[],
  { iteration, step, first }: { iteration: number; step: number; first: number },
): Promise<Question[]> {
  const questions: Question[] = [];
  for (const [at, completion] of completions.entries()) {
    questions.push(await readQuestion(ctx, completion, { iteration, origin: 'training', step, index: first + at }));
  }
  return questions;
}

function rewardsOf(
  ctx: Pick<RunContext, 'config' | 'rewards' | 'store'>,
  { iteration, step }: StepPlace,
  questions: readonly Question[],
  voted: readonly Voted[],
): Promise<readonly Reward[]> {
  const votes = new Map(voted.map((one) => [one.question.id, one]));
  const items = questions.map(({ id, text, invalid, claimed, completion }): PosedItem => {
    const { tally, views } = votes.get(id) ?? { tally: NO_VOTES };
    const isUnreadable = viewsVerdict(views, ctx.config.filter) === 'unreadable';
    const { agreement, label } = isUnreadable ? NO_VOTES : tally;
    const item = { text, invalid, claimed, completion, agreement, label };
    return views === undefined ? item : { ...item, viewsAgree: views?.agree ?? null };
  });
  const earlierTexts = (): string[] => ctx.store.earlierQuestionTexts(iteration);
  const batch = { items, iteration, step, config: ctx.config, earlierTexts };
  const next = afterCorrection(ctx.store, 'rewards.challenger');
  return rewardBatch('challenger', ctx.rewards.challenger, batch, next);
}
