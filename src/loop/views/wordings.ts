/** Where the other wordings of questions come from: the domain's own code, or the Challenger, who is asked for them. */

import type { QuestionView } from '../../domains/domain.ts';
import { readViews } from '../../domains/read-views.ts';
import type { Completion, Ctl, Sampler } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { samplingOptions } from '../../engine/sampling-options.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed } from '../../random.ts';
import type { RunContext } from '../context.ts';
import type { VotingContext } from '../pool/voting.ts';
import { textOf } from '../sampling.ts';

/** A question that is asked in other words. */
export interface Reworded {
  /** Texts and seeds depend on it and on the run's seed alone. */
  id: string;
  text: string;
}

/** Returns the other wordings of every question, in order; none where there are none. */
export type WordingSource = (questions: readonly Reworded[], ctl: Ctl) => Promise<QuestionView[][]>;

/** What wordings use of a run. */
export type ViewContext = VotingContext & Pick<RunContext, 'maxContext'>;

/** Number of wordings per question, the tokens that an answer to one needs, and the name of their seed. */
export interface WordingLimits {
  count: number;
  maxTokens: number;
  seed: string;
}

/** Takes the wordings from the domain. */
export function domainWordings(ctx: ViewContext, { count, maxTokens, seed }: WordingLimits): WordingSource {
  return async (questions) =>
    questions.map(({ id, text }) =>
      readViews(ctx.domain, text, count, deriveSeed(ctx.config.seed, seed, id)).filter(isAnswerable(ctx, maxTokens)),
    );
}

/** What asking the Challenger for wordings uses of a run. */
export type RewordingContext = ViewContext & Pick<RunContext, 'config'>;

/** Asks the Challenger for the wordings, with the sampling of `pool`. What it does not word otherwise is left out. */
export function challengerWordings(
  ctx: RewordingContext,
  { flow, challenger }: { flow: Flow; challenger: () => Promise<Sampler> },
  { count, maxTokens, seed }: WordingLimits,
): WordingSource {
  const { pool } = ctx.config;
  return async (questions, ctl) => {
    const found: QuestionView[][] = questions.map(() => []);
    const requests = questions.flatMap(({ id, text }, at) => {
      const prompt = encodePrompt(ctx, ctx.domain.rewordMessages?.(text) ?? []);
      if (prompt.length + pool.maxTokens > ctx.maxContext) return [];
      const seeded = { prompt, n: count, seed: deriveSeed(ctx.config.seed, seed, id) };
      return [{ at, request: { ...seeded, ...samplingOptions(pool), ...ctx.tokenizer.ends } }];
    });
    if (requests.length === 0) return found;
    await flow.each(
      await challenger(),
      requests.map(({ request }) => request),
      ctl,
      (completions, index) => {
        const { at } = requests[index];
        found[at] = readRewordings(ctx, questions[at].text, completions).filter(isAnswerable(ctx, maxTokens));
      },
    );
    return found;
  };
}

/** Returns the distinct texts that differ from the question. Their boxes are not used, so they may lack one. */
function readRewordings(ctx: ViewContext, question: string, completions: readonly Completion[]): QuestionView[] {
  const seen = new Set([question]);
  return completions.flatMap((completion): QuestionView[] => {
    const { text, invalid } = ctx.domain.parseQuestion(textOf(ctx, completion));
    const isNew = text !== '' && (invalid === null || invalid === 'no-answer') && !seen.has(text);
    seen.add(text);
    return isNew ? [{ kind: 'challenger', text }] : [];
  });
}

/** Returns a test for wordings that leave room for an answer of `maxTokens`. */
function isAnswerable(ctx: ViewContext, maxTokens: number): (view: QuestionView) => boolean {
  return ({ text }) => encodePrompt(ctx, ctx.domain.solverMessages(text)).length + maxTokens <= ctx.maxContext;
}
