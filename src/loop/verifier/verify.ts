/**
 * Tests the Verifier on fresh attempts, and lets it judge the votes on the pool if it passes (`entrance.ts`). A Verifier
 * that fails is not used in this iteration. The first step is the test; the others judge one chunk of questions each:
 * those of the pool, then the planted ones, so that the audit measures what the gate lets through.
 */

import type { Sampler, WeightsRef } from '../../engine/engine.ts';
import { createFlow } from '../../engine/flow/flow.ts';
import { deriveSeed } from '../../random.ts';
import { VERIFIER, VERIFIER_STAGES } from '../../roles.ts';
import { partialResult } from '../../store/partials.ts';
import type { VotedPool } from '../4-filter.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { chunkCount, chunkOf, committedSteps, runSteps, type StepOutcome } from '../cursor.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { openOnce } from '../open-once.ts';
import { PLANTED_VERDICTS, VERDICTS } from '../partials.ts';
import { isKnownAnswer, plantedVotes } from '../pool/planted.ts';
import { examine } from './examine.ts';
import { judgeQuestions } from './judge-questions.ts';
import { YES } from './verdict-use.ts';
import { judgedVotes } from './verdicts.ts';
import { votedQuestions, type VotedQuestion } from './voted-questions.ts';

const STAGE = VERIFIER_STAGES[1];

/** Returns the pool with weighted votes and accepted labels; unchanged if the Verifier fails its test. */
export async function verify(
  ctx: RunContext,
  from: { voted: VotedPool; solver: WeightsRef; verifier: WeightsRef },
): Promise<VotedPool> {
  const { voted, solver } = from;
  const { iteration } = voted;
  if (committedSteps(ctx, iteration, STAGE) !== Infinity) {
    const verifier = openOnce(() => ctx.engine.openSampler(from.verifier, { role: VERIFIER.name }));
    const chunks = chunksOf(ctx, voted);
    const flow = createFlow(ctx.engine);
    const body = async (place: StepPlace): Promise<StepOutcome> => {
      if (place.step === 0) return examine(ctx, { flow, solver, verifier: verifier.get }, place, voted);
      const { questions, arePlanted } = chunks[place.step - 1];
      return judge(ctx, await verifier.get(), place, { questions, arePlanted });
    };
    try {
      const steps = 1 + chunks.length;
      await runSteps(ctx, { iteration, stage: STAGE, steps }, body, () => stageMetrics(ctx, iteration));
    } finally {
      await verifier.close();
    }
  }
  return judgedVotes(ctx.store, voted);
}

/** Questions that one step judges. */
interface Chunk {
  questions: readonly VotedQuestion[];
  arePlanted: boolean;
}

function chunksOf(ctx: Pick<RunContext, 'config' | 'store'>, voted: VotedPool): Chunk[] {
  const size = ctx.config.votes.chunk;
  const planted = plantedVotes(ctx.store, voted.iteration).flatMap(({ text, tally, attempts }, at): VotedQuestion[] =>
    tally.label === null || attempts === undefined ? [] : [{ id: `planted-${at}`, text, attempts }],
  );
  return [
    { all: votedQuestions(ctx.store, voted), arePlanted: false },
    { all: planted, arePlanted: true },
  ].flatMap(({ all, arePlanted }) =>
    Array.from({ length: chunkCount(all.length, size) }, (_, at) => ({
      questions: chunkOf(all, size, at),
      arePlanted,
    })),
  );
}

async function judge(
  ctx: RunContext,
  verifier: Sampler,
  place: StepPlace,
  { questions, arePlanted }: Chunk,
): Promise<StepOutcome> {
  const seed = deriveSeed(ctx.config.seed, place.iteration, 'verdicts', place.step);
  const found = await judgeQuestions(ctx, verifier, questions, { seed, ctl: reporting(ctx, place, 'verdicts') });
  if (arePlanted) {
    const known = plantedVotes(ctx.store, place.iteration);
    const graded = await Promise.all(
      found.map(async ({ id, tally, accepted }) => {
        const at = Number(id.slice('planted-'.length));
        const correct = tally.label === null ? null : await isKnownAnswer(ctx, tally.label, known[at]);
        return { at, tally, accepted, correct };
      }),
    );
    return { unit: { partials: [partialResult(PLANTED_VERDICTS, place, graded)] }, metrics: {} };
  }
  return {
    unit: { partials: [partialResult(VERDICTS, place, found)] },
    metrics: metricsOf('verdicts/', {
      pool_yes: meanOf(found.flatMap(({ scores }) => scores.map((score) => Number(score > YES)))),
      accepted: meanOf(found.map(({ accepted }) => Number(accepted))),
    }),
  };
}

function stageMetrics({ store }: Pick<RunContext, 'store'>, iteration: number): Record<string, number> {
  const rows = store.metrics({ iteration, stage: STAGE }).filter(({ name }) => name.startsWith('verdicts/'));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
