/**
 * Casts the votes on questions: on their own words, or with `votes.views` a share of them on other wordings, whose
 * answers are mapped back. The label is the majority of all votes. What the two halves say is kept for the gates.
 */

import type { Grader } from '../../answers/grader.ts';
import { splitVotes } from '../../config/dials/view-dials.ts';
import type { Completion, Sampler } from '../../engine/engine.ts';
import type { Attempt, Question, VoteTally } from '../../types.ts';
import { tallyAttempts, type VoteRules } from '../pool/tally.ts';
import {
  type Ballot,
  countedAttempt,
  labelled,
  readAttempts,
  type ViewSplit,
  type Voted,
  voteOn,
  voteRequest,
} from '../pool/voting.ts';
import { type AskedWording, readWording, shareOut, wordingRequest, wordingSeeds } from './ask-views.ts';
import { challengerWordings, domainWordings, type RewordingContext, type WordingSource } from './wordings.ts';

/** A ballot, and who words questions in other ways if the domain does not. */
export type ViewBallot = Ballot & { challenger: () => Promise<Sampler> };

/** Votes on every question as `voteOn` does, with a share of the votes on other wordings. */
export async function castVotes(ctx: RewordingContext, ballot: ViewBallot): Promise<Voted[]> {
  const { flow, solver, questions, settings, ctl } = ballot;
  const split = splitVotes(settings.count, ctx.config);
  if (split.others === 0 || questions.length === 0) return voteOn(ctx, ballot);
  const views = await sourceOf(ctx, ballot, split.wordings)(questions, ctl);
  const asked = questions.map(({ id }, at): Asked => {
    const wordings = shareOut(views[at], split.others, wordingSeeds(ctx, 'wording-vote', id));
    const alone = ctx.config.filter.unreadable === 'drop' ? 0 : settings.count;
    return { own: wordings.length > 0 ? split.own : alone, wordings };
  });
  const requests = asked.map(({ own, wordings }, at) => [
    ...(own > 0 ? [voteRequest(ctx, questions[at], { ...settings, count: own })] : []),
    ...wordings.map((one) => wordingRequest(ctx, one, settings)),
  ]);
  const count = (completions: Completion[][], at: number): Promise<Voted> =>
    countHalves(ctx, questions[at], settings, asked[at], completions);
  if (requests.flat().length === 0) return Promise.all(questions.map((_, at) => count([], at)));
  return flow.groups(solver, requests, ctl, count);
}

/** Votes on the own words of a question, and its other wordings. */
interface Asked {
  own: number;
  wordings: readonly AskedWording[];
}

function sourceOf(ctx: RewordingContext, { flow, settings, challenger }: ViewBallot, count: number): WordingSource {
  const { maxTokens } = settings;
  return ctx.config.votes.viewsFrom === 'domain'
    ? domainWordings(ctx, { count, maxTokens, seed: 'wordings' })
    : challengerWordings(ctx, { flow, challenger }, { count, maxTokens, seed: 'reword' });
}

async function countHalves(
  ctx: RewordingContext,
  question: Question,
  rules: VoteRules,
  { own, wordings }: Asked,
  completions: readonly Completion[][],
): Promise<Voted> {
  const [first, rest] = own > 0 ? [completions[0], completions.slice(1)] : [[], completions];
  const ownAttempts = await readAttempts(ctx, question, first);
  const others: Attempt[] = [];
  for (const [at, asked] of wordings.entries()) {
    const about = { questionId: question.id, first: own + others.length };
    const attempts = await readWording(ctx, asked, rest[at], about);
    if (await isAccepted(ctx, attempts, rules)) others.push(...attempts);
  }
  const attempts = [...ownAttempts, ...others];
  const tally = await labelled(ctx, question, await tallied(ctx, attempts, rules));
  const halves = { own: await tallied(ctx, ownAttempts, rules), others: await tallied(ctx, others, rules) };
  return { question, attempts, tally, views: others.length === 0 ? null : await splitOf(ctx.grader, tally, halves) };
}

function tallied(
  { grader }: Pick<RewordingContext, 'grader'>,
  attempts: readonly Attempt[],
  rules: VoteRules,
): Promise<VoteTally> {
  return tallyAttempts(grader, attempts.map(countedAttempt), rules);
}

/**
 * Returns whether the votes on a wording count. The domain's code keeps the meaning; a wording of the Challenger may have
 * lost it, or its numbers, so the votes on it must all name one answer.
 */
async function isAccepted(ctx: RewordingContext, attempts: readonly Attempt[], rules: VoteRules): Promise<boolean> {
  if (ctx.config.votes.viewsFrom === 'domain') return true;
  const { groups, unanswered } = await tallied(ctx, attempts, rules);
  return groups.length === 1 && unanswered === 0;
}

/** Compares the halves with each other, and each with the label. */
async function splitOf(
  grader: Pick<Grader, 'comparerTo'>,
  { label }: Pick<VoteTally, 'label'>,
  { own, others }: { own: VoteTally; others: VoteTally },
): Promise<ViewSplit> {
  const isLabel = label === null ? null : grader.comparerTo(label);
  const supportOf = async ({ groups, attempts }: VoteTally): Promise<number> => {
    let votes = 0;
    for (const { answer, count } of groups) if (await isLabel?.(answer)) votes += count;
    return attempts === 0 ? 0 : votes / attempts;
  };
  const agree = own.label !== null && (await grader.comparerTo(own.label)(others.label));
  return { agree, own: await supportOf(own), others: await supportOf(others) };
}
