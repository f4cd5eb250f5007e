/**
 * Stage 3. The frozen Solver answers every admissible pool question several times (spec 1.5), then the planted ones
 * of the audit, then what a pool that kept too few was given on top. Committed in chunks.
 */

import { StoreError } from '../errors.ts';
import type { Sampler, WeightsRef } from '../engine/engine.ts';
import type { AnsweredQuestion, Question, VoteTally } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { voteOnPlanted } from './pool/planted.ts';
import { admitPool } from './pool/questions.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './cursor.ts';
import { poolSizes } from './pool/too-few.ts';
import { show, voteOn } from './pool/voting.ts';
import { meanOf, metricsOf } from './metrics.ts';

/** A chunk's tallies as its unit keeps them: attempts alone would have to be compared again. */
type KeptTallies = { id: string; tally: VoteTally }[];

/** What one step votes on. */
type Chunk = { questions: Question[] } | { planted: AnsweredQuestion[]; first: number };

/** Returns the tally of every question that was voted on, by question id. */
export async function vote(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Question[]; solver: WeightsRef },
): Promise<Map<string, VoteTally>> {
  const { iteration } = from;
  const { votes } = ctx.config;
  const admitted: Question[] = admitPool(ctx, iteration, from.pool).flatMap(({ question, dropped }) =>
    dropped === null ? [question] : [],
  );
  const chunked = (questions: readonly Question[]): Chunk[] =>
    Array.from({ length: chunkCount(questions.length, votes.chunk) }, (_, at) => ({
      questions: chunkOf(questions, votes.chunk, at),
    }));
  const planted = Array.from({ length: chunkCount(ctx.planted.length, votes.chunk) }, (_, at): Chunk => ({
    planted: chunkOf(ctx.planted, votes.chunk, at),
    first: at * votes.chunk,
  }));
  const [posed, ...added] = roundsOf(admitted, poolSizes(ctx.store, ctx.config, iteration)).map(chunked);
  const chunks = [...posed, ...planted, ...added.flat()];
  const plan = { iteration, stage: 'vote', steps: chunks.length, from: firstOfLast(chunks, added) } as const;
  const opened: { solver: Sampler | null } = { solver: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.solver ??= await ctx.engine.openSampler(from.solver);
    const chunk = chunks[place.step];
    if ('planted' in chunk) return voteOnPlanted(ctx, opened.solver, place, chunk);
    const voted = await voteOn(ctx, opened.solver, chunk.questions, votes, reporting(ctx, place, 'attempts'));
    const kept: KeptTallies = voted.map(({ question, tally }) => ({ id: question.id, tally }));
    return {
      unit: {
        attempts: voted.flatMap((one) => one.attempts),
        partial: { iteration, stage: 'vote', step: place.step, json: JSON.stringify(kept) },
      },
      metrics: metricsOf('pool/', { agreement: meanOf(voted.map((one) => one.tally.agreement)) }),
      shown: show(ctx, voted),
    };
  };
  const summarize = (): Record<string, number> =>
    metricsOf('pool/', { agreement: meanOf([...talliesOf(ctx, iteration).values()].map((tally) => tally.agreement)) });
  try {
    await runSteps(ctx, plan, body, summarize);
  } finally {
    await opened.solver?.close();
  }
  return talliesOf(ctx, iteration);
}

/** The step at which the newest round begins; 0 where the pool was not added to. */
function firstOfLast(chunks: readonly Chunk[], added: readonly Chunk[][]): number {
  const last = added.at(-1);
  return last === undefined ? 0 : chunks.length - last.length;
}

/** Admitted questions by the round in which the pool grew to hold them. */
function roundsOf(admitted: readonly Question[], sizes: readonly number[]): Question[][] {
  return sizes.map((end, round) =>
    admitted.filter(({ index }) => index < end && (round === 0 || index >= sizes[round - 1])),
  );
}

function talliesOf(ctx: RunContext, iteration: number): Map<string, VoteTally> {
  const out = new Map<string, VoteTally>();
  for (const { step, json } of ctx.store.partials(iteration, 'vote')) {
    let kept: KeptTallies;
    try {
      kept = JSON.parse(json);
    } catch (cause) {
      throw new StoreError(
        `The votes of iteration ${iteration}, chunk ${step}, cannot be read.`,
        'Start a new run: this database is damaged.',
        { cause },
      );
    }
    for (const { id, tally } of kept) out.set(id, tally);
  }
  return out;
}
