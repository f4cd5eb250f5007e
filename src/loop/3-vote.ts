/**
 * Stage 3. The frozen Solver answers every admissible pool question several times (spec 1.5), and after them the
 * planted ones of the audit. Committed in chunks.
 */

import { StoreError } from '../errors.ts';
import type { Sampler, WeightsRef } from '../engine/engine.ts';
import type { Question, VoteTally } from '../types.ts';
import { type RunContext, reporting, type StepPlace } from './context.ts';
import { voteOnPlanted } from './planted.ts';
import { admitPool } from './questions.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from './state.ts';
import { meanOf, metricsOf, show, voteOn } from './voting.ts';

/** A chunk's tallies as its unit keeps them: attempts alone would have to be compared again. */
type KeptTallies = { id: string; tally: VoteTally }[];

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
  const poolSteps = chunkCount(admitted.length, votes.chunk);
  const steps = poolSteps + chunkCount(ctx.planted.length, votes.chunk);
  const opened: { solver: Sampler | null } = { solver: null };
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    opened.solver ??= await ctx.engine.openSampler(from.solver);
    if (place.step >= poolSteps) {
      const chunk = place.step - poolSteps;
      const planted = { questions: chunkOf(ctx.planted, votes.chunk, chunk), first: chunk * votes.chunk };
      return voteOnPlanted(ctx, opened.solver, place, planted);
    }
    const questions = chunkOf(admitted, votes.chunk, place.step);
    const voted = await voteOn(ctx, opened.solver, questions, votes, reporting(ctx, place, 'attempts'));
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
    await runSteps(ctx, { iteration, stage: 'vote', steps }, body, summarize);
  } finally {
    await opened.solver?.close();
  }
  return talliesOf(ctx, iteration);
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
