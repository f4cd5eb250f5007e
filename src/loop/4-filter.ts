/**
 * Stage 4. Keeps the questions whose votes are split enough to teach and united enough to trust (spec
 * 1.5), counts why the others fell, and audits the labels where the domain knows the truth.
 */

import type { RunConfig } from '../config/schema.ts';
import { deriveSeed, Random } from '../random.ts';
import type { DropReason, LabelledQuestion, Question, VoteTally } from '../types.ts';
import { type Admission, admitPool } from './questions.ts';
import type { RunContext } from './context.ts';
import { runSteps, type StepOutcome } from './state.ts';
import { NONE } from './tally.ts';
import { meanOf, metricsOf, NO_VOTES } from './voting.ts';

/** Returns all pool questions with their verdicts; the curriculum are those with `dropped` null. */
export async function filter(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Question[]; tallies: ReadonlyMap<string, VoteTally> },
): Promise<LabelledQuestion[]> {
  const { iteration } = from;
  const body = async (): Promise<StepOutcome> => {
    const labels = await audit(ctx, judge(admitPool(ctx, iteration, from.pool), from.tallies, ctx.config, iteration));
    return { unit: { labels }, metrics: labelMetrics(ctx, labels) };
  };
  await runSteps(ctx, { iteration, stage: 'filter', steps: 1 }, body, () =>
    labelMetrics(ctx, ctx.store.labels(iteration)),
  );
  return ctx.store.labels(iteration);
}

export function curriculumOf(labels: readonly LabelledQuestion[]): LabelledQuestion[] {
  return labels.filter((label) => label.dropped === null);
}

/** How many questions fell for which reason; `kept` is what is left. */
export function countVerdicts(labels: readonly LabelledQuestion[]): Record<DropReason | 'kept', number> {
  const counts = {
    kept: 0,
    invalid: 0,
    'held-out': 0,
    duplicate: 0,
    'no-answer': 0,
    'forbidden-text': 0,
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
  config: Pick<RunConfig, 'filter' | 'seed' | 'votes'>,
  iteration: number,
): Verdict[] {
  const { filter: band, seed } = config;
  const verdicts = admissions.map(({ question, dropped }): Verdict => {
    const tally = tallies.get(question.id) ?? NO_VOTES;
    return { question, tally, dropped: dropped ?? verdictOf(question, tally, config) };
  });
  const kept = verdicts.filter((verdict) => verdict.dropped === null);
  if (band.maxQuestions > 0 && kept.length > band.maxQuestions) {
    const order = new Random(deriveSeed(seed, iteration, 'surplus')).shuffle(kept);
    for (const verdict of order.slice(band.maxQuestions)) verdict.dropped = 'surplus';
  }
  return verdicts;
}

function verdictOf(
  question: Question,
  tally: VoteTally,
  { filter: band, votes }: Pick<RunConfig, 'filter' | 'votes'>,
): DropReason | null {
  if (tally.label === null || (votes.noneIsVote && tally.label === NONE)) return 'no-answer';
  if (containsOne(question.text, band.forbiddenInQuestion)) return 'forbidden-text';
  if (containsOne(tally.label, band.forbiddenInLabel)) return 'forbidden-text';
  if (tally.agreement < band.minAgreement) return 'too-hard';
  return tally.agreement > band.maxAgreement ? 'too-easy' : null;
}

function containsOne(text: string, forbidden: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return forbidden.some((part) => lower.includes(part.toLowerCase()));
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
      distinct: valid.length - counts.duplicate - counts['held-out'],
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
      no_answer: counts['no-answer'],
      too_easy: counts['too-easy'],
      too_hard: counts['too-hard'],
      surplus: counts.surplus,
      forbidden_text: counts['forbidden-text'] || null,
    }),
    ...accuracyByBand(voted),
  };
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
