/**
 * Stage 3: the frozen Solver answers every admitted pool question several times, and the majority answer becomes the
 * label (R-Zero, section 3.3). The order is: the first round of the pool, the planted audit questions, later rounds.
 * It commits one chunk at a time.
 */

import type { WeightsRef } from '../engine/engine.ts';
import { createFlow } from '../engine/flow/flow.ts';
import { partialResult } from '../store/partials.ts';
import type { QuestionWithAnswer, Question } from '../types.ts';
import { lookAhead } from './ahead.ts';
import type { VotedPool } from './4-filter.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from './context.ts';
import { POOL_VOTES, type QuestionVotes } from './partials.ts';
import { voteOnPlanted, type Voters } from './pool/planted.ts';
import type { Admission } from './pool/questions.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './cursor.ts';
import { openOnce } from './open-once.ts';
import { poolSizes } from './pool/too-few.ts';
import { show } from './pool/voting.ts';
import { castVotes } from './views/cast-votes.ts';
import type { RewordingContext } from './views/wordings.ts';
import { PAST_END, pastEndShare } from './watch/past-end.ts';
import { meanOf, metricsOf } from './metrics.ts';

/** The questions that one step votes on. */
type Chunk = { questions: Question[] } | { planted: QuestionWithAnswer[]; first: number };

/** Votes on the pool. Returns the votes by question id, and what other wordings say. */
export async function vote(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Admission[]; solver: WeightsRef; challenger: WeightsRef },
): Promise<Pick<VotedPool, 'tallies' | 'views'>> {
  const { iteration } = from;
  const { chunks, newest } = planOf(ctx, iteration, from.pool);
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  // Only asked for other wordings (`votes.viewsFrom`).
  const challenger = openOnce(() => ctx.engine.openSampler(from.challenger, { role: 'challenger' }));
  const ahead = lookAhead(ctx, {
    flow,
    completions: (step) => sizeOf(chunks[step]) * ctx.config.votes.count,
    async work(calls, place): Promise<StepOutcome> {
      const chunk = chunks[place.step];
      const voters = { flow, solver: await solver.get(), challenger: () => challenger.get() };
      if ('planted' in chunk) return voteOnPlanted({ ...ctx, ...calls }, voters, place, chunk);
      return voteOnPool({ ...ctx, ...calls }, voters, place, chunk.questions);
    },
  });
  const summarize = (): Record<string, number> =>
    metricsOf('pool/', { agreement: meanAgreement(votesOf(ctx, iteration)) });
  const steps = { iteration, stage: 'vote', steps: chunks.length, from: newest } as const;
  try {
    await runSteps(ctx, steps, ahead.take, summarize);
  } finally {
    await ahead.stop();
    await solver.close();
    await challenger.close();
  }
  const votes = votesOf(ctx, iteration);
  return {
    tallies: new Map(votes.map(({ id, tally }) => [id, tally])),
    views: new Map(votes.flatMap(({ id, views }) => (views === undefined ? [] : [[id, views]]))),
  };
}

/** Returns the chunks in order, and the step at which the newest round begins (0 for the first round). */
function planOf(
  ctx: Pick<RunContext, 'config' | 'store' | 'planted'>,
  iteration: number,
  pool: readonly Admission[],
): { chunks: Chunk[]; newest: number } {
  const size = ctx.config.votes.chunk;
  const admitted = pool.flatMap(({ question, dropped }) => (dropped === null ? [question] : []));
  const chunked = (questions: readonly Question[]): Chunk[] =>
    Array.from({ length: chunkCount(questions.length, size) }, (_, at) => ({
      questions: chunkOf(questions, size, at),
    }));
  const planted = Array.from({ length: chunkCount(ctx.planted.length, size) }, (_, at): Chunk => ({
    planted: chunkOf(ctx.planted, size, at),
    first: at * size,
  }));
  const [posed, ...added] = roundsOf(admitted, poolSizes(ctx.store, ctx.config, iteration)).map(chunked);
  const chunks = [...posed, ...planted, ...added.flat()];
  const last = added.at(-1);
  return { chunks, newest: last === undefined ? 0 : chunks.length - last.length };
}

function sizeOf(chunk: Chunk): number {
  return 'planted' in chunk ? chunk.planted.length : chunk.questions.length;
}

/** Groups admitted questions by the round that added them to the pool. */
function roundsOf(admitted: readonly Question[], sizes: readonly number[]): Question[][] {
  return sizes.map((end, round) =>
    admitted.filter(({ index }) => index < end && (round === 0 || index >= sizes[round - 1])),
  );
}

async function voteOnPool(
  ctx: RewordingContext & CallContext,
  voters: Voters,
  place: StepPlace,
  questions: readonly Question[],
): Promise<StepOutcome> {
  const ctl = reporting(ctx, place, 'attempts');
  const voted = await castVotes(ctx, { ...voters, questions, settings: ctx.config.votes, ctl });
  const votes = voted.map(({ question, tally, views }) => ({ id: question.id, tally, views }));
  return {
    unit: {
      attempts: voted.flatMap((one) => one.attempts),
      partials: [partialResult(POOL_VOTES, place, votes)],
    },
    metrics: {
      ...metricsOf('pool/', { agreement: meanAgreement(voted) }),
      ...pastEndShare(
        ctx,
        voted.flatMap(({ attempts }) => attempts.map(({ completion }) => completion)),
        `votes/${PAST_END}`,
      ),
    },
    shown: show(ctx, voted),
  };
}

/** Returns the mean agreement of the questions that got votes. */
function meanAgreement(voted: readonly Pick<QuestionVotes, 'tally'>[]): number | null {
  return meanOf(voted.flatMap(({ tally }) => (tally.attempts === 0 ? [] : [tally.agreement])));
}

function votesOf({ store }: Pick<RunContext, 'store'>, iteration: number): QuestionVotes[] {
  return store.partials(POOL_VOTES, iteration).flatMap(({ value }) => value);
}
