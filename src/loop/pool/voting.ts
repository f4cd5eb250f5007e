/**
 * Voting: the frozen Solver answers each question several times; its majority answer is the label (stages 1 and 3). With
 * `labels = "computed"`, the domain's answer is the label, and the attempts only measure how hard the question is.
 */

import { lastBoxed } from '../../answers/read/extract.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Completion, Ctl, SampleRequest, Sampler, SamplingOptions } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { readVotes } from '../../domains/vote.ts';
import type { ShownQuestion } from '../../events.ts';
import { deriveSeed } from '../../random.ts';
import type { Attempt, Question, VoteTally } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { textOf } from '../sampling.ts';
import { type CountedAttempt, tallyAttempts, type VoteRules, withComputedLabel } from './tally.ts';

/** A question with its attempts and their tally. */
export interface Voted {
  question: Question;
  attempts: Attempt[];
  tally: VoteTally;
  /** What its other wordings say; null if it has none, absent if none were asked (`votes.views`). */
  views?: ViewSplit | null;
}

/** The two halves of the votes on a question: on its own words, and on its other wordings. */
export interface ViewSplit {
  /** Whether both halves have the same majority answer. */
  agree: boolean;
  /** Share of each half that names the label, 0..1. */
  own: number;
  others: number;
}

/** An attempt as the Verifier judges it. */
export type VotedAttempt = Pick<Attempt, 'completion' | 'vote' | 'wording'>;

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
  const requests = questions.map((question) => voteRequest(ctx, question, settings));
  return flow.each(solver, requests, ctl, (completions, at) => countVotes(ctx, questions[at], completions, settings));
}

/** Returns the request for the votes on the own words of a question. */
export function voteRequest(
  ctx: VotingContext,
  { id, text }: Pick<Question, 'id' | 'text'>,
  settings: Pick<Ballot['settings'], 'count'> & SamplingOptions,
): SampleRequest {
  return {
    prompt: encodePrompt(ctx, ctx.domain.solverMessages(text)),
    n: settings.count,
    seed: deriveSeed(ctx.config.seed, 'vote', id),
    ...samplingOptions(settings),
    ...ctx.tokenizer.ends,
  };
}

async function countVotes(
  ctx: VotingContext,
  question: Question,
  completions: readonly Completion[],
  rules: VoteRules,
): Promise<Voted> {
  const attempts = await readAttempts(ctx, question, completions);
  const tally = await tallyAttempts(ctx.grader, attempts.map(countedAttempt), rules);
  return { question, attempts, tally: await labelled(ctx, question, tally) };
}

/** Returns the tally of a question with the label that the run uses: the majority answer, or the computed one. */
export async function labelled(
  ctx: VotingContext,
  { text }: Pick<Question, 'text'>,
  tally: VoteTally,
): Promise<VoteTally> {
  if (ctx.config.labels !== 'computed') return tally;
  return withComputedLabel(ctx.grader, tally, ctx.domain.truth?.(text) ?? null);
}

/** Reads the votes of the completions for a question, in order. */
export async function readAttempts(
  ctx: Pick<VotingContext, 'domain' | 'executor' | 'tokenizer'>,
  { id, text }: Pick<Question, 'id' | 'text'>,
  completions: readonly Completion[],
): Promise<Attempt[]> {
  const texts = completions.map((completion) => textOf(ctx, completion));
  const votes = await readVotes(ctx, text, texts);
  return completions.map(({ tokens, stop }, index) => {
    const about = { questionId: id, index, completion: texts[index] };
    return { ...about, vote: votes[index], tokens: tokens.length, stop };
  });
}

/** Returns an attempt as it is counted. */
export function countedAttempt({ vote, completion }: Pick<Attempt, 'vote' | 'completion'>): CountedAttempt {
  return { vote, boxed: vote !== null || lastBoxed(completion) !== null };
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
