/**
 * Voting: the frozen Solver answers each question several times; its majority answer is the label (stages 1 and 3). With
 * `labels = "computed"`, the domain's answer is the label, and the attempts only measure how hard the question is.
 */

import { lastBoxed } from '../../answers/read/extract.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Completion, Ctl, Sampler, SamplingOptions } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { readVotes } from '../../domains/vote.ts';
import type { ShownQuestion } from '../../events.ts';
import { deriveSeed } from '../../random.ts';
import type { Attempt, Question, VoteTally } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { textOf } from '../sampling.ts';
import { tallyAttempts, type VoteRules, withComputedLabel } from './tally.ts';

/** A question with its attempts and their tally. */
export interface Voted {
  question: Question;
  attempts: Attempt[];
  tally: VoteTally;
}

/** The tally of a question without votes. */
export const NO_VOTES: VoteTally = { groups: [], label: null, agreement: 0, unanswered: 0, attempts: 0 };

/** What voting uses of a run. */
export type VotingContext = Pick<RunContext, 'tokenizer' | 'domain' | 'executor' | 'grader'> & {
  config: Pick<RunConfig, 'seed' | 'labels'>;
};

/** Questions to vote on, with the Solver and the settings. */
export interface Ballot {
  flow: Flow;
  solver: Sampler;
  questions: readonly Question[];
  settings: SamplingOptions & VoteRules & { count: number };
  ctl: Ctl;
}

/**
 * Samples `settings.count` attempts at every question, and counts them; each question as soon as its attempts arrive, if
 * the engine allows it. The seeds depend only on the run's seed and the question's id. Throws the reason of
 * `ctl.signal` when it is aborted.
 */
export async function voteOn(ctx: VotingContext, { flow, solver, questions, settings, ctl }: Ballot): Promise<Voted[]> {
  if (questions.length === 0) return [];
  const requests = questions.map((question) => ({
    prompt: encodePrompt(ctx, ctx.domain.solverMessages(question.text)),
    n: settings.count,
    seed: deriveSeed(ctx.config.seed, 'vote', question.id),
    ...samplingOptions(settings),
    ...ctx.tokenizer.ends,
  }));
  return flow.each(solver, requests, ctl, (completions, at) => countVotes(ctx, questions[at], completions, settings));
}

async function countVotes(
  ctx: VotingContext,
  question: Question,
  completions: readonly Completion[],
  rules: VoteRules,
): Promise<Voted> {
  const texts = completions.map((completion) => textOf(ctx, completion));
  const votes = await readVotes(ctx, question.text, texts);
  const attempts = completions.map(({ tokens, stop }, index): Attempt => {
    const completion = texts[index];
    return { questionId: question.id, index, completion, vote: votes[index], tokens: tokens.length, stop };
  });
  const counted = attempts.map(({ vote, completion }) => ({
    vote,
    boxed: vote !== null || lastBoxed(completion) !== null,
  }));
  const tally = await tallyAttempts(ctx.grader, counted, rules);
  if (ctx.config.labels !== 'computed') return { question, attempts, tally };
  const truth = ctx.domain.truth?.(question.text) ?? null;
  return { question, attempts, tally: await withComputedLabel(ctx.grader, tally, truth) };
}

/** Picks `count` questions for display, spread over the batch. */
export function show(ctx: Pick<RunContext, 'domain'>, voted: readonly Voted[], count = 3): ShownQuestion[] {
  const picked = Array.from(
    { length: Math.min(count, voted.length) },
    (_, i) => voted[Math.floor((i * voted.length) / count)] ?? voted[i],
  );
  return picked.map(({ question, tally }) => {
    const truth = ctx.domain.truth?.(question.text);
    return {
      text: question.text,
      votes: tally.groups,
      attempts: tally.attempts,
      label: tally.label,
      truth: truth ?? null,
      ...(truth === null ? { illPosed: true } : {}),
    };
  });
}
