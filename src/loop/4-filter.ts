/**
 * Stage 4: keeps the questions whose agreement is inside a band: neither too easy nor too unreliable (R-Zero, section
 * 3.3; FIDELITY.md, "Band"). It counts the reasons for dropping the others. It audits the labels with the domain's
 * oracle, planted questions, an LLM judge and other wordings, if the run has them. If too few questions are left, it
 * widens the band or sends the run back to stage 2 (`pool/too-few.ts`). The metrics are in `pool/label-metrics.ts`.
 */

import type { RunConfig } from '../config/schema.ts';
import type { Sampler, WeightsRef } from '../engine/engine.ts';
import { createFlow, type Flow } from '../engine/flow/flow.ts';
import { deriveSeed, Random } from '../random.ts';
import type { DropReason, LabelledQuestion, Notice, Question, VoteTally } from '../types.ts';
import { chunksOf } from './2-propose.ts';
import type { JudgeSource, RunContext, StepPlace } from './context.ts';
import { areComputed } from './pool/label-counts.ts';
import { judgeSample } from './pool/label-judge.ts';
import { isExpense } from './metrics.ts';
import { bandMetrics, labelMetrics, watchedMetrics } from './pool/label-metrics.ts';
import { watchPool } from './watch/monitors.ts';
import { plantedMetrics } from './pool/planted.ts';
import type { Admission } from './pool/questions.ts';
import { runSteps, type StepOutcome } from './cursor.ts';
import { openOnce } from './open-once.ts';
import { NONE } from './pool/tally.ts';
import { type Band, chooseBand, nextRound, poolSizes, tooFewNotice } from './pool/too-few.ts';
import { NO_VOTES, type ViewSplit } from './pool/voting.ts';
import { forgetPhase } from './training/weights.ts';
import { verifierVerdict, viewsVerdict } from './views/view-gate.ts';
import { signalMetrics } from './views/view-signals.ts';
import { auditByViews, auditChunks } from './views/views-audit.ts';

/** Filters the pool. Returns all its questions with their verdicts; the curriculum is those with `dropped` null. */
export async function filter(ctx: RunContext, from: VotedPool & { solver: WeightsRef }): Promise<LabelledQuestion[]> {
  const { iteration } = from;
  const round = poolSizes(ctx.store, ctx.config, iteration).length;
  const flow = createFlow(ctx.engine);
  const solver = openOnce(() => ctx.engine.openSampler(from.solver, { role: 'solver' }));
  const audits = auditsOf(ctx, async () => ({ flow, solver: await solver.get() }));
  const body = (place: StepPlace): Promise<StepOutcome> =>
    place.step < round ? labelPool(ctx, place, from) : audits[place.step - round](place);
  const steps = round + audits.length;
  try {
    await runSteps(ctx, { iteration, stage: 'filter', steps, from: round - 1 }, body, () =>
      stageMetrics(ctx, iteration),
    );
  } finally {
    await solver.close();
  }
  return ctx.store.labels(iteration);
}

/** Returns the audits that ask a model, one per step: the judge, then the Solver in other words. */
function auditsOf(
  ctx: RunContext,
  voters: () => Promise<{ flow: Flow; solver: Sampler }>,
): ((place: StepPlace) => Promise<StepOutcome>)[] {
  const { judge } = ctx;
  const judging = (source: JudgeSource) => (place: StepPlace) =>
    judgeSample(ctx, source, place.iteration, curriculumOf(ctx.store.labels(place.iteration)));
  const viewing = auditChunks(ctx).map((chunk) => async (place: StepPlace) => {
    return auditByViews(ctx, await voters(), place, chunk);
  });
  return [...(judge === null ? [] : [judging(judge)]), ...viewing];
}

async function labelPool(ctx: RunContext, place: StepPlace, voted: VotedPool): Promise<StepOutcome> {
  const { iteration } = place;
  const { filter: settings } = ctx.config;
  const hasTruth = (text: string): boolean => (ctx.domain.truth?.(text) ?? null) !== null;
  const verdictsIn = (band: Band): Verdict[] =>
    verdictsOf(voted, { ...ctx.config, filter: { ...settings, ...band } }, hasTruth);
  const band = chooseBand(settings, (one) => keptOf(verdictsIn(one)).length);
  const labels = await auditLabels(ctx, verdictsIn(band));
  const metrics = {
    ...labelMetrics(ctx, labels),
    ...bandMetrics(ctx, band),
    ...watchedMetrics(ctx, labels),
    ...plantedMetrics(ctx, iteration, band),
    ...signalMetrics(labels, voted),
  };
  const next = conclude(ctx, place, metrics, { band, narrow: keptOf(verdictsIn(settings)).length, labels });
  return { ...next, unit: { labels, ...next.unit }, metrics };
}

/** Returns the stage's metrics without its times. If the stage ran more than once, the newest values win. */
function stageMetrics(ctx: Pick<RunContext, 'store'>, iteration: number): Record<string, number> {
  const rows = ctx.store.metrics({ iteration, stage: 'filter' }).filter(({ name }) => !isExpense(name));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/**
 * Decides what follows a filtered pool: training, more questions, a rollback or the end of the run.
 * @param found.narrow number of questions that the configured band keeps
 */
function conclude(
  ctx: Pick<RunContext, 'config' | 'engine' | 'roles' | 'store'>,
  place: StepPlace,
  metrics: Record<string, number>,
  found: { band: Band; narrow: number; labels: readonly LabelledQuestion[] },
): Pick<StepOutcome, 'notices' | 'cursor' | 'afterCommit'> & { unit?: StepOutcome['unit'] } {
  const { iteration } = place;
  const { pool, filter: settings } = ctx.config;
  const kept = curriculumOf(found.labels).length;
  const needed = settings.minQuestions;
  const size = found.labels.length;
  const more = kept < needed ? nextRound(ctx.config, size) : 0;
  if (more > 0) {
    const remedy = `The Challenger poses ${more} more, up to ${Math.floor(pool.questions * settings.generateUpTo)} in total (filter.tooFew).`;
    return {
      notices: [tooFewNotice(place, { action: 'generate', kept, needed, remedy })],
      cursor: {
        iteration,
        stage: 'propose',
        step: chunksOf(poolSizes(ctx.store, ctx.config, iteration), pool.chunk).length,
      },
    };
  }
  const notices: Notice[] = [];
  if (settings.tooFew === 'widen' && found.narrow < needed) {
    const { minAgreement, maxAgreement } = found.band;
    const remedy = `The agreement band is widened to ${minAgreement}–${maxAgreement}, which keeps ${kept} (filter.tooFew).`;
    notices.push(tooFewNotice(place, { action: 'widen', kept: found.narrow, needed, remedy }));
  }
  const watched = watchPool(ctx, place, metrics);
  notices.push(...watched.notices);
  if (watched.rollback) {
    const { forget, afterCommit } = forgetPhase(ctx, 'challenger', iteration);
    return { notices, cursor: { iteration, stage: 'evaluate', step: 0 }, unit: { forget }, afterCommit };
  }
  if (kept < needed && !notices.some(({ action }) => action === 'stop')) {
    notices.push(tooFewNotice(place, { action: 'end', kept, needed, remedy: 'The run ends here (filter.tooFew).' }));
  }
  return { notices };
}

/** Returns whether stage 4 sent the run back to stage 2. */
export function asksForMore({ store }: Pick<RunContext, 'store'>, iteration: number): boolean {
  const cursor = store.cursor();
  return cursor.iteration === iteration && cursor.stage === 'propose';
}

/** Returns the questions that the filter kept. */
export function curriculumOf(labels: readonly LabelledQuestion[]): LabelledQuestion[] {
  return keptOf(labels);
}

function keptOf<T extends Verdict>(verdicts: readonly T[]): T[] {
  return verdicts.filter((verdict) => verdict.dropped === null);
}

type Verdict = Pick<LabelledQuestion, 'question' | 'tally' | 'dropped'>;

/** An iteration's pool with its tallies, by question id. Questions without votes have no tally. */
export interface VotedPool {
  iteration: number;
  pool: readonly Admission[];
  tallies: ReadonlyMap<string, VoteTally>;
  /** What the other wordings of a question say: null if it has none, absent if none were asked. */
  views?: ReadonlyMap<string, ViewSplit | null>;
  /**
   * Whether the Verifier accepts a label, and its mean score of the attempts that give it; absent: it was not asked, or
   * failed its entrance test.
   */
  verdicts?: ReadonlyMap<string, { accepted: boolean; support: number }>;
}

/**
 * Returns a verdict for every pool question, by agreement. Above `filter.maxQuestions`, a seeded draw decides which
 * questions stay. Pure.
 * @param hasTruth whether the oracle can answer a question; not called with `labels = "majority"`
 */
export function verdictsOf(
  { iteration, pool, tallies, views, verdicts: judged }: VotedPool,
  config: Pick<RunConfig, 'filter' | 'seed' | 'votes' | 'labels'>,
  hasTruth: (text: string) => boolean = () => false,
): Verdict[] {
  const { filter: band, seed } = config;
  const verdicts = pool.map(({ question, dropped }): Verdict => {
    const tally = tallies.get(question.id) ?? NO_VOTES;
    const { id } = question;
    const seen = { tally, views: views?.get(id), accepted: judged?.get(id)?.accepted };
    const verdict = dropped ?? verdictOf(question, seen, config);
    // A computed label is missing exactly if the domain cannot answer.
    const open = verdict === null || (config.labels === 'computed' && verdict === 'no-answer');
    const unknown = open && config.labels !== 'majority' && !hasTruth(question.text);
    return { question, tally, dropped: unknown ? 'no-truth' : verdict };
  });
  const kept = keptOf(verdicts);
  if (band.maxQuestions > 0 && kept.length > band.maxQuestions) {
    const order = new Random(deriveSeed(seed, iteration, 'surplus')).shuffle(kept);
    for (const verdict of order.slice(band.maxQuestions)) verdict.dropped = 'surplus';
  }
  return verdicts;
}

function verdictOf(
  question: Question,
  { tally, views, accepted }: { tally: VoteTally; views: ViewSplit | null | undefined; accepted?: boolean },
  { filter: band, votes }: Pick<RunConfig, 'filter' | 'votes'>,
): DropReason | null {
  const seen = viewsVerdict(views, band);
  if (seen === 'unreadable') return seen;
  if (tally.label === null || (votes.noneIsVote && tally.label === NONE)) return 'no-answer';
  if (containsOne(question.text, band.forbiddenInQuestion)) return 'forbidden-text';
  if (containsOne(tally.label, band.forbiddenInLabel)) return 'forbidden-text';
  if (tally.agreement < band.minAgreement) return 'too-hard';
  if (tally.agreement > band.maxAgreement) return 'too-easy';
  return seen ?? verifierVerdict(accepted, band);
}

/** Returns whether a text contains one of the forbidden ones, ignoring case. */
export function containsOne(text: string, forbidden: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return forbidden.some((part) => lower.includes(part.toLowerCase()));
}

/**
 * Compares each label with the oracle's answer, if there is one. An audit only: it drops no question. A computed label is
 * that answer, so there is nothing to compare.
 */
export async function auditLabels(
  ctx: Pick<RunContext, 'config' | 'domain' | 'grader'>,
  verdicts: readonly Verdict[],
): Promise<LabelledQuestion[]> {
  const out: LabelledQuestion[] = [];
  for (const verdict of verdicts) {
    const { question, tally } = verdict;
    const truth = question.invalid === null ? (ctx.domain.truth?.(question.text) ?? null) : null;
    const comparable = truth !== null && tally.label !== null && !areComputed(ctx.config);
    const labelCorrect = comparable ? (await ctx.grader.equal(tally.label ?? '', truth)).verdict === 'equal' : null;
    out.push({ ...verdict, truth, labelCorrect });
  }
  return out;
}
