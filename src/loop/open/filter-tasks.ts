/**
 * Stage 4 of an open domain: keeps the tasks whose scores spread, or whose hints shift the Solver, inside a band of
 * percentiles of the pool. With hints, the form of the response after the hint counts as well (`scoring/g-zero`). Tasks get
 * verdicts as labels without votes, so that a store and its readers need no other table.
 */

import { type PairDrop, choosePairs } from '../../scoring/g-zero/choose-pairs.ts';
import { spreads } from '../../scoring/mixture.ts';
import { placesInBand } from '../../scoring/percentile.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { Attempt, DropReason, LabelledQuestion, Question } from '../../types.ts';
import { containsOne, curriculumOf } from '../4-filter.ts';
import type { RunContext, StepPlace } from '../context.ts';
import { newestMetrics, runSteps, type StepOutcome } from '../cursor.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import { countVerdicts } from '../pool/label-metrics.ts';
import type { Admission } from '../pool/questions.ts';
import { tooFewNotice } from '../pool/too-few.ts';
import { NO_VOTES } from '../pool/voting.ts';
import { forgetPhase } from '../training/weights.ts';
import { distinctShare, watchPool } from '../watch/monitors.ts';
import { HINTED_PAIRS, SCORED_TASKS } from './partials.ts';
import { weightsOf } from './scorers.ts';

/** Filters the pool. Returns all its tasks with their verdicts; the curriculum is those with `dropped` null. */
export async function filterTasks(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Admission[] },
): Promise<LabelledQuestion[]> {
  const { iteration } = from;
  const title =
    ctx.config.open.signal === 'hints'
      ? 'keep the hints that do not give the response away'
      : 'keep what scorers tell apart';
  const plan = { iteration, stage: 'filter', steps: 1, title } as const;
  await runSteps(
    ctx,
    plan,
    async (place) => filterPool(ctx, place, from.pool),
    () => newestMetrics(ctx, iteration, 'filter'),
  );
  return ctx.store.labels(iteration);
}

/** What the filter knows of a task: why it is dropped (null: kept), and the number that the band is of. */
interface Judged {
  drop: DropReason | null;
  value: number | null;
}

function filterPool(ctx: RunContext, place: StepPlace, pool: readonly Admission[]): StepOutcome {
  const { iteration } = place;
  const { filter, open } = ctx.config;
  const judged = open.signal === 'hints' ? judgePairs(ctx, pool) : judgeSpreads(ctx, iteration);
  const labels = pool.map(({ question, dropped }): LabelledQuestion => {
    const { drop } = judged.get(question.id) ?? { drop: 'no-shift' };
    const forbidden = containsOne(question.text, filter.forbiddenInQuestion) ? 'forbidden-text' : null;
    return { question, tally: NO_VOTES, dropped: dropped ?? forbidden ?? drop, truth: null, labelCorrect: null };
  });
  const kept = curriculumOf(labels);
  if (filter.maxQuestions > 0 && kept.length > filter.maxQuestions) {
    const order = new Random(deriveSeed(ctx.config.seed, iteration, 'surplus')).shuffle(kept);
    for (const label of order.slice(filter.maxQuestions)) label.dropped = 'surplus';
  }
  const values = [...judged.values()].flatMap(({ value }) => value ?? []);
  const metrics = {
    ...taskMetrics(ctx, labels),
    ...metricsOf('pool/', { [open.signal === 'hints' ? 'shift' : 'spread']: meanOf(values) }),
  };
  return { ...conclude(ctx, place, metrics, labels), metrics };
}

function judgeSpreads(ctx: Pick<RunContext, 'config' | 'store'>, iteration: number): Map<string, Judged> {
  const { open } = ctx.config;
  const tasks = ctx.store.partials(SCORED_TASKS, iteration).flatMap(({ value }) => value);
  const spread_P = spreads(
    weightsOf(ctx.config).map((one) => ({ ...one, scores: tasks.map(({ scores }) => scores[one.name] ?? []) })),
  );
  const places = placesInBand(spread_P, { low: open.keepLow, high: open.keepHigh });
  const reasons = { below: 'low-spread', inside: null, above: 'high-spread' } as const;
  return new Map(tasks.map(({ id }, at) => [id, { drop: reasons[places[at]], value: spread_P[at] }]));
}

function judgePairs(
  ctx: Pick<RunContext, 'config' | 'store' | 'domain'>,
  pool: readonly Admission[],
): Map<string, Judged> {
  const [first] = pool;
  if (first === undefined) return new Map();
  const { iteration } = first.question;
  const { keepLow, keepHigh, fewestCharacters } = ctx.config.open.hints;
  const pairs = ctx.store.partials(HINTED_PAIRS, iteration).flatMap(({ value }) => value);
  const textOf = responsesOf(ctx, iteration);
  const tasks = new Map(pool.map(({ question }) => [question.id, question.text]));
  const drops: (PairDrop | null)[] = choosePairs(
    pairs.map(({ id, shift }) => ({
      task: tasks.get(id) ?? '',
      shift,
      chosen: textOf(id, 1),
      rejected: textOf(id, 0),
    })),
    { low: keepLow, high: keepHigh },
    fewestCharacters,
  );
  return new Map(pairs.map(({ id, shift }, at) => [id, { drop: drops[at], value: shift }]));
}

/** Returns a function that returns the response to a task of the pool by its index. */
function responsesOf({ store, domain }: Pick<RunContext, 'store' | 'domain'>, iteration: number) {
  const keyOf = ({ questionId, index }: Pick<Attempt, 'questionId' | 'index'>): string => `${index} ${questionId}`;
  const texts = new Map(store.attempts({ iteration }).map((one) => [keyOf(one), one.completion]));
  return (questionId: string, index: number): string =>
    domain.extractAnswer(texts.get(keyOf({ questionId, index })) ?? '') ?? '';
}

function taskMetrics(
  ctx: Pick<RunContext, 'config' | 'domain'>,
  labels: readonly LabelledQuestion[],
): Record<string, number> {
  const { kept, ...dropped } = countVerdicts(labels);
  const valid = labels.filter((label) => label.dropped !== 'invalid');
  const difficultyOf = (some: readonly LabelledQuestion[]): number | null =>
    meanOf(some.flatMap(({ question }) => ctx.domain.difficulty?.of(question.text) ?? []));
  const questions = labels.map(({ question }): Question => question);
  return {
    ...metricsOf('pool/', {
      posed: labels.length,
      valid: valid.length,
      distinct: valid.length - dropped.duplicate - dropped['held-out'] - dropped['near-earlier'],
      kept,
      in_band: kept + dropped.surplus,
      difficulty: difficultyOf(valid),
      kept_difficulty: difficultyOf(curriculumOf(labels)),
      clusters: distinctShare(ctx, questions),
    }),
    ...metricsOf(
      'pool/dropped/',
      Object.fromEntries(
        Object.entries(dropped).flatMap(([reason, count]) =>
          count === 0 ? [] : [[reason.replaceAll('-', '_'), count]],
        ),
      ),
    ),
  };
}

/** Decides what follows: training, a rollback or the end of the run. */
function conclude(
  ctx: Pick<RunContext, 'config' | 'engine' | 'roles' | 'store'>,
  place: StepPlace,
  metrics: Record<string, number>,
  labels: LabelledQuestion[],
): Omit<StepOutcome, 'metrics'> {
  const { iteration } = place;
  const kept = curriculumOf(labels).length;
  const needed = ctx.config.filter.minQuestions;
  const { notices, rollback } = watchPool(ctx, place, metrics);
  if (rollback) {
    const { forget, afterCommit } = forgetPhase(ctx, 'challenger', iteration);
    return { unit: { labels, forget }, notices, cursor: { iteration, stage: 'evaluate', step: 0 }, afterCommit };
  }
  const isOver = kept < needed && !notices.some(({ action }) => action === 'stop');
  const remedy = 'The run ends here (filter.tooFew).';
  const ending = isOver ? [tooFewNotice(place, { action: 'end', kept, needed, remedy })] : [];
  return { unit: { labels }, notices: [...notices, ...ending] };
}
