/**
 * Votes on other wordings of a question: the frozen Solver answers each of its views, and the answers are mapped back to
 * the question. A majority that stands on the surface of one wording does not survive the others.
 */

import type { QuestionView } from '../../domains/domain.ts';
import { readViews } from '../../domains/read-views.ts';
import type { Completion, Ctl, Sampler, SamplingOptions } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import type { VoteTally } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { type CountedAttempt, tallyAttempts, type VoteRules } from '../pool/tally.ts';
import { countedAttempt, readAttempts, type VotingContext } from '../pool/voting.ts';

/** A question that is asked in other words. */
export interface Reworded {
  /** Texts and seeds depend on it and on the run's seed alone. */
  id: string;
  text: string;
}

/** One wording of a question, with the answers to it. */
export interface WordingVotes {
  kind: string;
  text: string;
  /** The answers, mapped back to the question; null without one. */
  votes: (string | null)[];
}

/** The votes on the views of a question. */
export interface ViewVotes {
  id: string;
  /** Empty if the domain has no views of the question. */
  wordings: WordingVotes[];
  tally: VoteTally;
}

/** What asking for views uses of a run. */
export type ViewContext = VotingContext & Pick<RunContext, 'maxContext'>;

/** Who votes on which questions: `settings.count` votes over all views of a question. */
export interface ViewBallot {
  flow: Flow;
  solver: Sampler;
  questions: readonly Reworded[];
  settings: SamplingOptions & VoteRules & { count: number };
  ctl: Ctl;
}

/** Votes on views of every question, and counts the votes. Throws the reason of `ctl.signal` when it is aborted. */
export async function voteOnViews(ctx: ViewContext, ballot: ViewBallot): Promise<ViewVotes[]> {
  const { flow, solver, questions, settings, ctl } = ballot;
  const views = questions.map((question) => viewsThatFit(ctx, question, settings));
  const requests = questions.map(({ id }, question) => {
    const shares = sharesOf(settings.count, views[question].length);
    return views[question].map(({ text }, at) => ({
      prompt: encodePrompt(ctx, ctx.domain.solverMessages(text)),
      n: shares[at],
      seed: deriveSeed(ctx.config.seed, 'view-vote', id, at),
      ...samplingOptions(settings),
      ...ctx.tokenizer.ends,
    }));
  });
  if (requests.flat().length === 0) return Promise.all(questions.map(({ id }) => countVotes(ctx, id, [], settings)));
  return flow.groups(solver, requests, ctl, (completions, at) => {
    const asked = views[at].map((view, index) => ({ view, completions: completions[index] }));
    return countVotes(ctx, questions[at].id, asked, settings);
  });
}

/** Returns at most `count` views, without those that leave no room for an answer. */
function viewsThatFit(
  ctx: ViewContext,
  { id, text }: Reworded,
  { count, maxTokens }: ViewBallot['settings'],
): QuestionView[] {
  const room = ctx.maxContext - maxTokens;
  return readViews(ctx.domain, text, count, deriveSeed(ctx.config.seed, 'views', id)).filter(
    (view) => encodePrompt(ctx, ctx.domain.solverMessages(view.text)).length <= room,
  );
}

/** Splits votes over views as evenly as possible, more for the first ones. */
function sharesOf(votes: number, views: number): number[] {
  return Array.from({ length: views }, (_, at) => Math.floor(votes / views) + (at < votes % views ? 1 : 0));
}

async function countVotes(
  ctx: ViewContext,
  id: string,
  asked: readonly { view: QuestionView; completions: readonly Completion[] }[],
  rules: VoteRules,
): Promise<ViewVotes> {
  const counted: CountedAttempt[][] = [];
  for (const { view, completions } of asked) {
    const attempts = await readAttempts(ctx, { id, text: view.text }, completions);
    counted.push(attempts.map((attempt) => mappedBack(countedAttempt(attempt), view)));
  }
  const wordings = asked.map(({ view: { kind, text } }, at) => ({
    kind,
    text,
    votes: counted[at].map(({ vote }) => vote),
  }));
  return { id, wordings, tally: await tallyAttempts(ctx.grader, counted.flat(), rules) };
}

function mappedBack(attempt: CountedAttempt, view: QuestionView): CountedAttempt {
  if (attempt.vote === null || view.back === undefined) return attempt;
  return { ...attempt, vote: view.back(attempt.vote) };
}
