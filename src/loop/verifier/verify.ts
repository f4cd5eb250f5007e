/**
 * Tests the Verifier on fresh attempts, and lets it judge the votes on the pool if it passes (`entrance.ts`). A Verifier
 * that fails is not used in this iteration. Its first step is the test, the others judge one chunk of questions each.
 */

import type { WeightsRef } from '../../engine/engine.ts';
import { createFlow } from '../../engine/flow/flow.ts';
import { deriveSeed } from '../../random.ts';
import { VERIFIER, VERIFIER_STAGES } from '../../roles.ts';
import { partialResult } from '../../store/partials.ts';
import type { VotedPool } from '../4-filter.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { chunkCount, chunkOf, runSteps, type StepOutcome } from '../cursor.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { openOnce } from '../open-once.ts';
import { ENTRANCE, VERDICTS, type QuestionVerdicts } from '../partials.ts';
import { tallyAttempts } from '../pool/tally.ts';
import { countedAttempt } from '../pool/voting.ts';
import { askVerdicts } from './ask-verdicts.ts';
import { entranceOf } from './entrance.ts';
import { type Examination, freshTrials, TESTED } from './fresh-trials.ts';
import { rankedQuestions, type StoredAttempts } from './ranked-questions.ts';
import { acceptsLabel, voteWeights, YES } from './verdict-use.ts';
import { verdictMetrics } from './watch-verdicts.ts';

const STAGE = VERIFIER_STAGES[1];

/** Returns the pool with weighted votes and accepted labels; unchanged if the Verifier fails its test. */
export async function verify(
  ctx: RunContext,
  from: { voted: VotedPool; solver: WeightsRef; verifier: WeightsRef },
): Promise<VotedPool> {
  const { voted } = from;
  const { iteration } = voted;
  const flow = createFlow(ctx.engine);
  const verifier = openOnce(() => ctx.engine.openSampler(from.verifier, { role: VERIFIER.name }));
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  const base = openOnce(() => ctx.engine.openSampler(ctx.base, { role: VERIFIER.name, reference: true }));
  const questions = await rankedQuestions(ctx, voted);
  const size = ctx.config.votes.chunk;
  const steps = 1 + chunkCount(questions.length, size);
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    if (place.step === 0) {
      const models = { flow, verifier: await verifier.get(), solver: await solver.get(), base: await base.get() };
      return examine(ctx, models, place, voted);
    }
    if (!passed(ctx, iteration)) return { unit: {}, metrics: {} };
    return judge(ctx, await verifier.get(), place, chunkOf(questions, size, place.step - 1));
  };
  try {
    await runSteps(ctx, { iteration, stage: STAGE, steps }, body, () => stageMetrics(ctx, iteration));
  } finally {
    for (const model of [verifier, solver, base]) await model.close();
  }
  return judged(ctx, voted);
}

/** Returns whether the Verifier of an iteration has passed its test. */
function passed({ store }: Pick<RunContext, 'store'>, iteration: number): boolean {
  return store.partials(ENTRANCE, iteration).at(-1)?.value.passes === true;
}

async function examine(ctx: RunContext, models: Examination, place: StepPlace, voted: VotedPool): Promise<StepOutcome> {
  const { minCaught, minStable } = ctx.config.verifier;
  const { trials, groups } = await freshTrials(ctx, models, place, voted);
  const entrance = entranceOf(trials, { kinds: TESTED, minCaught, minStable });
  if (!entrance.passes) {
    const why = entrance.failures.join('; ');
    ctx.emit({ type: 'warning', message: `The Verifier is not used in iteration ${place.iteration}: ${why}.` });
  }
  return {
    unit: { partials: [partialResult(ENTRANCE, place, entrance)] },
    metrics: metricsOf(`${VERIFIER.metrics}/`, {
      passes: entrance.passes ? 1 : 0,
      'concordance/consensus': entrance.consensus.share,
      'concordance/likelihood': entrance.likelihood.share,
      ...verdictMetrics(groups, entrance),
    }),
  };
}

async function judge(
  ctx: RunContext,
  verifier: Parameters<typeof askVerdicts>[1],
  place: StepPlace,
  chunk: readonly StoredAttempts[],
): Promise<StepOutcome> {
  const asked = chunk.flatMap(({ ranked }) =>
    ranked.attempts.map(({ question, text }) => ({ question, attempt: text })),
  );
  const seed = deriveSeed(ctx.config.seed, place.iteration, 'verdicts', place.step);
  const all = await askVerdicts(ctx, verifier, asked, { seed, ctl: reporting(ctx, place, 'verdicts') });
  const found: QuestionVerdicts[] = [];
  let first = 0;
  for (const { ranked, attempts } of chunk) {
    const scores = all.slice(first, (first += attempts.length));
    const weights = ctx.config.votes.weights === 'verifier' ? voteWeights(scores) : scores.map(() => 1);
    const counted = attempts.map((one, at) => ({ ...countedAttempt(one), weight: weights[at] }));
    const tally = await tallyAttempts(ctx.grader, counted, ctx.config.votes);
    const isLabel = tally.label === null ? null : ctx.grader.comparerTo(tally.label);
    const ofLabel: number[] = [];
    for (const [at, { vote }] of attempts.entries()) if (await isLabel?.(vote)) ofLabel.push(scores[at]);
    found.push({ id: ranked.id, scores, tally, accepted: acceptsLabel(ofLabel) });
  }
  return {
    unit: { partials: [partialResult(VERDICTS, place, found)] },
    metrics: metricsOf(`${VERIFIER.metrics}/`, {
      pool_yes: meanOf(all.map((score) => (score > YES ? 1 : 0))),
      accepted: meanOf(found.map(({ accepted }) => Number(accepted))),
    }),
  };
}

/** Applies the stored verdicts of a pool. */
function judged(ctx: Pick<RunContext, 'config' | 'store'>, voted: VotedPool): VotedPool {
  if (!passed(ctx, voted.iteration)) return voted;
  const verdicts = ctx.store.partials(VERDICTS, voted.iteration).flatMap(({ value }) => value);
  const tallies = new Map(voted.tallies);
  for (const { id, tally } of verdicts) tallies.set(id, tally);
  return { ...voted, tallies, accepted: new Map(verdicts.map(({ id, accepted }) => [id, accepted])) };
}

function stageMetrics({ store }: Pick<RunContext, 'store'>, iteration: number): Record<string, number> {
  const rows = store.metrics({ iteration, stage: STAGE }).filter(({ name }) => name.startsWith(VERIFIER.metrics));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
