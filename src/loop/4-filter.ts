/**
 * Stage 4. Keeps the questions whose votes are split enough to teach and united enough to trust (spec
 * 1.5), counts why the others fell, and audits the labels: with the domain's oracle, with the planted questions'
 * answers, and with a judge, as far as there are such.
 */

import type { RunConfig } from '../config/schema.ts';
import { accuracyByBand, accuracyOf, type AuditedLabel } from '../eval/label-bands.ts';
import { deriveSeed, Random } from '../random.ts';
import type { DropReason, LabelledQuestion, Question, VoteTally } from '../types.ts';
import type { RunContext, StepPlace } from './context.ts';
import { judgeSample } from './judge.ts';
import { plantedMetrics } from './planted.ts';
import { type Admission, admitPool } from './questions.ts';
import { runSteps, type StepOutcome } from './state.ts';
import { meanOf, metricsOf, NO_VOTES } from './voting.ts';

/** Returns all pool questions with their verdicts; the curriculum are those with `dropped` null. */
export async function filter(
  ctx: RunContext,
  from: { iteration: number; pool: readonly Question[]; tallies: ReadonlyMap<string, VoteTally> },
): Promise<LabelledQuestion[]> {
  const { iteration } = from;
  const body = async ({ step }: StepPlace): Promise<StepOutcome> => {
    if (step > 0 && ctx.judge !== null) {
      return judgeSample(ctx, ctx.judge, iteration, curriculumOf(ctx.store.labels(iteration)));
    }
    const admissions = admitPool(ctx, iteration, from.pool);
    const verdicts = judge(admissions, from.tallies, ctx.config, iteration, (text) => ctx.domain.truth(text) !== null);
    const labels = await auditLabels(ctx, verdicts);
    return { unit: { labels }, metrics: { ...labelMetrics(ctx, labels), ...plantedMetrics(ctx, iteration) } };
  };
  const steps = ctx.judge === null ? 1 : 2;
  await runSteps(ctx, { iteration, stage: 'filter', steps }, body, () => stageMetrics(ctx, iteration));
  return ctx.store.labels(iteration);
}

/** All numbers of the stage but its times. */
function stageMetrics(ctx: RunContext, iteration: number): Record<string, number> {
  const rows = ctx.store.metrics({ iteration, stage: 'filter' }).filter(({ name }) => !name.startsWith('time/'));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
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
    'too-easy': 0,
    'too-hard': 0,
    'no-truth': 0,
    surplus: 0,
  };
  for (const { dropped } of labels) counts[dropped ?? 'kept']++;
  return counts;
}

type Verdict = Pick<LabelledQuestion, 'question' | 'tally' | 'dropped'>;

/**
 * Verdicts by agreement; of too many kept questions a seeded draw stays. `hasTruth` is asked only where the
 * labels come from the oracle. Pure.
 */
export function judge(
  admissions: readonly Admission[],
  tallies: ReadonlyMap<string, VoteTally>,
  config: Pick<RunConfig, 'filter' | 'seed' | 'labels'>,
  iteration: number,
  hasTruth: (text: string) => boolean = () => false,
): Verdict[] {
  const { filter: band, seed } = config;
  const verdicts = admissions.map(({ question, dropped }): Verdict => {
    const tally = tallies.get(question.id) ?? NO_VOTES;
    const verdict = dropped ?? verdictOf(tally, band);
    const unknown = verdict === null && config.labels === 'oracle' && !hasTruth(question.text);
    return { question, tally, dropped: unknown ? 'no-truth' : verdict };
  });
  const kept = verdicts.filter((verdict) => verdict.dropped === null);
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

/** Compares majorities with the truth, where there is one. Nothing is decided by it. */
export async function auditLabels(ctx: RunContext, verdicts: readonly Verdict[]): Promise<LabelledQuestion[]> {
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

/** A verdict as the audit of labels counts it. */
export function auditedLabel({ tally, labelCorrect }: LabelledQuestion): AuditedLabel {
  return { agreement: tally.agreement, correct: labelCorrect };
}

/** The stage's numbers; label accuracy where there is a truth to compare with. */
export function labelMetrics(ctx: RunContext, labels: readonly LabelledQuestion[]): Record<string, number> {
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
      label_accuracy: accuracyOf(kept.map(auditedLabel)),
      label_accuracy_all: accuracyOf(voted.map(auditedLabel)),
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
      ...(ctx.config.labels === 'oracle' ? { no_truth: counts['no-truth'] } : {}),
      surplus: counts.surplus,
    }),
    ...metricsOf('pool/label_accuracy/', accuracyByBand(voted.map(auditedLabel))),
  };
}
