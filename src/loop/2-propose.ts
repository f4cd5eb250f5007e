/**
 * Stage 2: fills the pool with questions of the trained Challenger (R-Zero, section 3.3). If stage 4 asks for more
 * questions, it runs again and adds to the pool. It commits one chunk at a time.
 */

import type { Sampler, WeightsRef } from '../engine/engine.ts';
import { createFlow, type Flow } from '../engine/flow/flow.ts';
import { deriveSeed } from '../random.ts';
import type { Question } from '../types.ts';
import { lookAhead } from './ahead.ts';
import { type CallContext, type RunContext, reporting, type StepPlace } from './context.ts';
import { type Admission, admitPool, type QuestionReader, readQuestion } from './pool/questions.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import { runSteps, type StepOutcome } from './cursor.ts';
import { openOnce } from './open-once.ts';
import { poolSizes } from './pool/too-few.ts';
import { pastEndShare } from './watch/past-end.ts';
import { meanOf, metricsOf } from './metrics.ts';

/** Fills the pool. Returns all its questions, including invalid ones, and marks those that get no votes. */
export async function propose(
  ctx: RunContext,
  from: { iteration: number; challenger: WeightsRef },
): Promise<Admission[]> {
  const { iteration } = from;
  const flow = createFlow(ctx.engine);
  const challenger = openOnce(() => ctx.engine.openSampler(from.challenger, { role: 'challenger' }));
  const chunks = chunksOf(poolSizes(ctx.store, ctx.config, iteration), ctx.config.pool.chunk);
  const ahead = lookAhead(ctx, {
    flow,
    completions: (step) => chunks[step].size,
    work: async (calls, place) =>
      fillChunk({ ...ctx, ...calls }, { flow, challenger: await challenger.get() }, place, chunks[place.step]),
  });
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    const questions = await ahead.take(place);
    const valid = questions.filter((question) => question.invalid === null);
    const past = pastEndShare(
      ctx,
      questions.map(({ completion }) => completion),
    );
    return {
      unit: { questions },
      metrics: metricsOf('pool/', { posed: questions.length, valid: valid.length, ...past }),
    };
  };
  let admissions: Admission[] | null = null;
  const admitted = (): Admission[] =>
    (admissions ??= admitPool(ctx, iteration, ctx.store.questions({ iteration, origin: 'pool' })));
  const plan = { iteration, stage: 'propose', steps: chunks.length } as const;
  try {
    await runSteps(ctx, plan, body, () => poolMetrics(ctx, admitted()));
  } finally {
    await ahead.stop();
    await challenger.close();
  }
  return admitted();
}

/** Pool positions that one step fills. */
export interface Chunk {
  first: number;
  size: number;
}

/**
 * Splits a pool into chunks. `sizes` are the pool sizes after each round. No chunk crosses the end of a round, so
 * earlier chunks stay the same when the pool grows.
 */
export function chunksOf(sizes: readonly number[], chunk: number): Chunk[] {
  return sizes.flatMap((end, round) => {
    const start = round === 0 ? 0 : sizes[round - 1];
    return Array.from({ length: Math.ceil((end - start) / chunk) }, (_, at) => {
      const first = start + at * chunk;
      return { first, size: Math.min(chunk, end - first) };
    });
  });
}

/** Samples one chunk. Each question has its own seed, so the pool does not depend on the chunk size. */
async function fillChunk(
  ctx: QuestionReader & CallContext,
  { flow, challenger }: { flow: Flow; challenger: Sampler },
  place: StepPlace,
  { first, size }: Chunk,
): Promise<Question[]> {
  const { pool, seed } = ctx.config;
  const { iteration, step } = place;
  const requests = Array.from({ length: size }, (_, at) => {
    const own = deriveSeed(seed, iteration, 'propose', first + at);
    return {
      prompt: encodePrompt(ctx, ctx.domain.challengerMessages(own)),
      n: 1,
      seed: own,
      ...samplingOptions(pool),
      ...ctx.tokenizer.ends,
    };
  });
  return flow.each(challenger, requests, reporting(ctx, place, 'questions'), ([completion], at) =>
    readQuestion(ctx, completion, { iteration, origin: 'pool', step, index: first + at }),
  );
}

function poolMetrics(ctx: Pick<RunContext, 'domain'>, admissions: readonly Admission[]): Record<string, number> {
  const valid = admissions.filter(({ dropped }) => dropped !== 'invalid');
  return metricsOf('pool/', {
    posed: admissions.length,
    valid: valid.length,
    distinct: admissions.filter(({ dropped }) => dropped === null).length,
    difficulty: meanOf(valid.flatMap(({ question }) => ctx.domain.difficulty?.of(question.text) ?? [])),
  });
}
