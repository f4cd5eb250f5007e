/** Asks the Solver a question in other words, and maps its answers back to the question. */

import type { QuestionView } from '../../domains/domain.ts';
import type { Completion, SampleRequest, SamplingOptions } from '../../engine/engine.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import type { Attempt } from '../../types.ts';
import { readAttempts, type VotingContext } from '../pool/voting.ts';

/** A wording with its number of votes, and their seed. */
export interface AskedWording {
  view: QuestionView;
  n: number;
  seed: number;
}

/** Splits votes over the wordings of a question as evenly as possible, more for the first ones. */
export function shareOut(
  views: readonly QuestionView[],
  votes: number,
  seedOf: (at: number) => number,
): AskedWording[] {
  const used = views.slice(0, votes);
  return used.map((view, at) => ({
    view,
    n: Math.floor(votes / used.length) + (at < votes % used.length ? 1 : 0),
    seed: seedOf(at),
  }));
}

/** Returns the seeds of the votes on the wordings of a question. */
export function wordingSeeds({ config }: VotingContext, name: string, id: string): (at: number) => number {
  return (at) => deriveSeed(config.seed, name, id, at);
}

/** Returns the request for the votes on one wording. */
export function wordingRequest(
  ctx: VotingContext,
  { view, n, seed }: AskedWording,
  settings: SamplingOptions,
): SampleRequest {
  const prompt = encodePrompt(ctx, ctx.domain.solverMessages(view.text));
  return { prompt, n, seed, ...samplingOptions(settings), ...ctx.tokenizer.ends };
}

/** Reads the votes on one wording. `first`: number of the first attempt among those at the question. */
export async function readWording(
  ctx: VotingContext,
  { view }: Pick<AskedWording, 'view'>,
  completions: readonly Completion[],
  { questionId, first }: { questionId: string; first: number },
): Promise<Attempt[]> {
  const attempts = await readAttempts(ctx, { id: questionId, text: view.text }, completions);
  return attempts.map((attempt, at) => ({
    ...attempt,
    index: first + at,
    vote: mappedBack(attempt.vote, view),
    wording: view.text,
  }));
}

function mappedBack(vote: string | null, view: QuestionView): string | null {
  return vote === null || view.back === undefined ? vote : view.back(vote);
}
