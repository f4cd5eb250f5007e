/**
 * Stage 4. Keeps the questions whose votes are split enough to teach and united enough to trust (spec
 * 1.5), counts why the others fell, and audits the labels where the domain knows the truth. Too few: it widens
 * the band, or sends the run back to stage 2 for more (`too-few.ts`).
 */

import type { RunConfig } from '../config/schema.ts';
import { deriveSeed, Random } from '../random.ts';
import type { DropReason, LabelledQuestion, Notice, Question, VoteTally } from '../types.ts';
import { chunksOf } from './2-propose.ts';
import { type Admission, admitPool } from './questions.ts';
import type { RunContext, StepPlace } from './context.ts';
import { agreementGap, distinctShare, unansweredShare, watchPool } from './monitors.ts';
import { newestMetrics, runSteps, type StepOutcome } from './state.ts';
import { type Band, chooseBand, nextRound, poolSizes, tooFewNotice } from './too-few.ts';
import { meanOf, metricsOf, NO_VOTES } from './voting.ts';
import { forgetPhase } from './weights.ts';

/** Returns all pool questions with their verdicts; the curriculum are those with `dropped` null. */
export async function filter(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Question[]; tallies: ReadonlyMap<string, VoteTally> },
): Promise<LabelledQuestion[]> {
  const { iteration } = from;
  const round = poolSizes(ctx.store, ctx.config, iteration).length;
  const body = async (place: StepPlace): Promise<StepOutcome> => {
    const admissions = admitPool(ctx, iteration, from.pool);
    const { filter: dials, seed } = ctx.config;
    const verdictsIn = (band: Band): Verdict[] =>
      judge(admissions, from.tallies, { filter: { ...dials, ...band }, seed }, iteration);
    const band = chooseBand(dials, (one) => keptOf(verdictsIn(one)).length);
    const labels = await audit(ctx, verdictsIn(band));
    const metrics = { ...labelMetrics(ctx, labels), ...bandMetrics(ctx, band), ...watchedMetrics(ctx, labels) };
    const next = conclude(ctx, place, metrics, { band, narrow: keptOf(verdictsIn(dials)).length, labels });
    return { ...next, unit: { labels, ...next.unit }, metrics };
  };
  await runSteps(ctx, { iteration, stage: 'filter', steps: round, from: round - 1 }, body, () =>
    newestMetrics(ctx, iteration, 'filter'),
  );
  return ctx.store.labels(iteration);
}

/** What a filtered pool leads to: training, more questions, a rollback or the end. `narrow`: kept by the config's own band. */
function conclude(
  ctx: RunContext,
  place: StepPlace,
  metrics: Record<string, number>,
  found: { band: Band; narrow: number; labels: readonly LabelledQuestion[] },
): Pick<StepOutcome, 'notices' | 'cursor' | 'afterCommit'> & { unit?: StepOutcome['unit'] } {
  const { iteration } = place;
  const { pool, filter: dials } = ctx.config;
  const kept = curriculumOf(found.labels).length;
  const needed = dials.minQuestions;
  const size = found.labels.length;
  const more = kept < needed ? nextRound(ctx.config, size) : 0;
  if (more > 0) {
    const remedy = `${more} more are posed (filter.tooFew), of at most ${Math.floor(pool.questions * dials.generateUpTo)} in all.`;
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
  if (dials.tooFew === 'widen' && found.narrow < needed) {
    const { minAgreement, maxAgreement } = found.band;
    const remedy = `The band of agreement is widened to ${minAgreement}–${maxAgreement} (filter.tooFew), which keeps ${kept}.`;
    notices.push(tooFewNotice(place, { action: 'widen', kept: found.narrow, needed, remedy }));
  }
  const watched = watchPool(ctx, place, metrics);
  notices.push(...watched.notices);
  if (watched.rollback) {
    return {
      notices,
      cursor: { iteration, stage: 'evaluate', step: 0 },
      unit: { forget: { role: 'challenger', iteration } },
      afterCommit: () => forgetPhase(ctx, 'challenger', iteration),
    };
  }
  if (kept < needed && !notices.some(({ action }) => action === 'stop')) {
    notices.push(tooFewNotice(place, { action: 'end', kept, needed, remedy: 'The run ends here (filter.tooFew).' }));
  }
  return { notices };
}

/** True where stage 4 sent the run back to stage 2. */
export function asksForMore(ctx: RunContext, iteration: number): boolean {
  const cursor = ctx.store.cursor();
  return cursor.iteration === iteration && cursor.stage === 'propose';
}

export function curriculumOf(labels: readonly LabelledQuestion[]): LabelledQuestion[] {
  return keptOf(labels);
}

function keptOf<T extends Verdict>(verdicts: readonly T[]): T[] {
  return verdicts.filter((verdict) => verdict.dropped === null);
}

/** How many questions fell for which reason; `kept` is what is left. */
export function countVerdicts(labels: readonly LabelledQuestion[]): Record<DropReason | 'kept', number> {
  const counts = {
    kept: 0,
    invalid: 0,
    'held-out': 0,
    duplicate: 0,
    'near-earlier': 0,
    'no-answer': 0,
    'too-easy': 0,
    'too-hard': 0,
    surplus: 0,
  };
  for (const { dropped } of labels) counts[dropped ?? 'kept']++;
  return counts;
}

type Verdict = Pick<LabelledQuestion, 'question' | 'tally' | 'dropped'>;

/** Verdicts by agreement; of too many kept questions a seeded draw stays. Pure. */
export function judge(
  admissions: readonly Admission[],
  tallies: ReadonlyMap<string, VoteTally>,
  config: Pick<RunConfig, 'filter' | 'seed'>,
  iteration: number,
): Verdict[] {
  const { filter: band, seed } = config;
  const verdicts = admissions.map(({ question, dropped }): Verdict => {
    const tally = tallies.get(question.id) ?? NO_VOTES;
    return { question, tally, dropped: dropped ?? verdictOf(tally, band) };
  });
  const kept = keptOf(verdicts);
  if (band.maxQuestions > 0 && kept.length > band.maxQuestions) {
    const order = new Random(deriveSeed(seed, iteration, 'surplus')).shuffle(kept);
    for (const verdict of order.slice(band.maxQuestions)) verdict.dropped = 'surplus';
  }
  return verdicts;
}

function verdictOf(tally: VoteTally, band: RunConfig['filter']): DropReason | null {
  if (tally.label === null) return 'no-answer';
  if (tally.agreement < band.minAgreement) return 'too-hard';
  return tally.agreement > band.maxAgreement ? 'too-easy' : null;
}

/** Compares labels with the truth, where there is one. Nothing is decided by it. */
async function audit(ctx: RunContext, verdicts: readonly Verdict[]): Promise<LabelledQuestion[]> {
  const out: LabelledQuestion[] = [];
  for (const verdict of verdicts) {
    const { question, tally } = verdict;
    const truth = question.invalid === null ? ctx.domain.truth(question.text) : null;
    const comparable = truth !== null && tally.label !== null;
    const labelCorrect = comparable ? (await ctx.grader.equal(tally.label ?? '', truth)).verdict === 'equal' : null;
    out.push({ ...verdict, truth, labelCorrect });
  }
  return out;
}

/** Label accuracy is told for bands of agreement of this width. */
const BAND_WIDTH = 0.1;

function labelMetrics(ctx: RunContext, labels: readonly LabelledQuestion[]): Record<string, number> {
  const counts = countVerdicts(labels);
  const kept = curriculumOf(labels);
  const voted = labels.filter((label) => label.tally.attempts > 0);
  const difficultyOf = (some: readonly LabelledQuestion[]): number | null =>
    meanOf(some.flatMap(({ question }) => ctx.domain.difficulty(question.text) ?? []));
  const valid = labels.filter((label) => label.dropped !== 'invalid');
  return {
    ...metricsOf('pool/', {
      posed: labels.length,
      valid: valid.length,
      distinct: valid.length - counts.duplicate - counts['held-out'] - counts['near-earlier'],
      kept: kept.length,
      in_band: kept.length + counts.surplus,
      agreement: meanOf(voted.map((label) => label.tally.agreement)),
      kept_agreement: meanOf(kept.map((label) => label.tally.agreement)),
      label_accuracy: accuracyOf(kept),
      label_accuracy_all: accuracyOf(voted),
      difficulty: difficultyOf(valid),
      kept_difficulty: difficultyOf(kept),
      // Questions without a truth: the oracle could not read them (or the domain has none).
      without_truth: valid.length === 0 ? null : valid.filter((label) => label.truth === null).length / valid.length,
    }),
    ...metricsOf('pool/dropped/', {
      invalid: counts.invalid,
      held_out: counts['held-out'],
      duplicate: counts.duplicate,
      near_earlier: ctx.config.memory.drop ? counts['near-earlier'] : null,
      no_answer: counts['no-answer'],
      too_easy: counts['too-easy'],
      too_hard: counts['too-hard'],
      surplus: counts.surplus,
    }),
    ...accuracyByBand(voted),
  };
}

/** The band that was kept, where it is not the config's. */
function bandMetrics(ctx: RunContext, { minAgreement, maxAgreement }: Band): Record<string, number> {
  const { filter: dials } = ctx.config;
  if (minAgreement === dials.minAgreement && maxAgreement === dials.maxAgreement) return {};
  return metricsOf('pool/', { band_min: minAgreement, band_max: maxAgreement });
}

function watchedMetrics(ctx: RunContext, labels: readonly LabelledQuestion[]): Record<string, number> {
  return metricsOf('pool/', {
    clusters: distinctShare(
      ctx,
      labels.map((label) => label.question),
    ),
    unanswered: unansweredShare(labels.map((label) => label.tally)),
    agreement_gap: agreementGap(labels),
  });
}

/** `pool/label_accuracy/0.3-0.4`: share of right labels among all voted questions with that agreement (upper end included in the last band). */
function accuracyByBand(voted: readonly LabelledQuestion[]): Record<string, number> {
  const bands = new Map<number, LabelledQuestion[]>();
  for (const label of voted) {
    // The small addend keeps 0.3 (stored as 0.299…) in the band that starts there.
    const band = Math.min(9, Math.floor(label.tally.agreement / BAND_WIDTH + 1e-9));
    bands.set(band, [...(bands.get(band) ?? []), label]);
  }
  const named = [...bands]
    .sort(([a], [b]) => a - b)
    .map(([band, some]) => [`${(band / 10).toFixed(1)}-${((band + 1) / 10).toFixed(1)}`, accuracyOf(some)] as const);
  return metricsOf('pool/label_accuracy/', Object.fromEntries(named));
}

/** Share of right labels among those that can be audited. */
function accuracyOf(labels: readonly LabelledQuestion[]): number | null {
  return meanOf(labels.flatMap(({ labelCorrect }) => (labelCorrect === null ? [] : [labelCorrect ? 1 : 0])));
}
