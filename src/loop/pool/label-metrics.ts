/** Metrics of stage 4: how many questions the filter drops and why, their agreement, and the label accuracy. */

import type { RunConfig } from '../../config/schema.ts';
import { accuracyByBand } from '../../eval/label-bands.ts';
import type { DropReason, LabelledQuestion } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { agreementGap, distinctShare, unansweredShare } from '../watch/monitors.ts';
import type { Band } from './too-few.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import {
  areComputed,
  auditedLabel,
  countLabels,
  illPosedShare,
  rightByBand,
  rightShare,
  votedLabels,
  wellPosedAccuracy,
} from './label-counts.ts';

/** Counts the dropped questions by reason, and the kept ones. */
export function countVerdicts(labels: readonly LabelledQuestion[]): Record<DropReason | 'kept', number> {
  const counts = {
    kept: 0,
    invalid: 0,
    'held-out': 0,
    duplicate: 0,
    'near-earlier': 0,
    'no-answer': 0,
    'forbidden-text': 0,
    'too-easy': 0,
    'too-hard': 0,
    'no-truth': 0,
    unreadable: 0,
    'views-disagree': 0,
    'verifier-rejects': 0,
    'low-spread': 0,
    'high-spread': 0,
    'no-shift': 0,
    'too-short': 0,
    'too-long': 0,
    'longer-than-rejected': 0,
    repetitive: 0,
    'repeats-task': 0,
    'role-marker': 0,
    surplus: 0,
  };
  for (const { dropped } of labels) counts[dropped ?? 'kept']++;
  return counts;
}

/**
 * Returns the stage's metrics. If the domain has an oracle, they include `labels_right` (of all kept labels) and
 * `label_accuracy` (of the kept labels whose question has an answer).
 */
export function labelMetrics(
  ctx: Pick<RunContext, 'config' | 'domain'>,
  labels: readonly LabelledQuestion[],
): Record<string, number> {
  const counts = countVerdicts(labels);
  const kept = labels.filter((label) => label.dropped === null);
  const voted = labels.filter((label) => label.tally.attempts > 0);
  const difficultyOf = (some: readonly LabelledQuestion[]): number | null =>
    meanOf(some.flatMap(({ question }) => ctx.domain.difficulty?.of(question.text) ?? []));
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
      label_accuracy: wellPosedAccuracy(kept),
      label_accuracy_all: wellPosedAccuracy(voted),
      difficulty: difficultyOf(valid),
      kept_difficulty: difficultyOf(kept),
      // Share of valid questions, repeats included, to which the oracle has no answer; 1 without an oracle.
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
      ...(ctx.config.labels !== 'majority' ? { no_truth: counts['no-truth'] } : {}),
      ...(ctx.config.filter.unreadable === 'drop' ? { unreadable: counts.unreadable } : {}),
      ...(usesGate(ctx, 'views') ? { views_disagree: counts['views-disagree'] } : {}),
      ...(usesGate(ctx, 'verifier') ? { verifier_rejects: counts['verifier-rejects'] } : {}),
      surplus: counts.surplus,
      forbidden_text: counts['forbidden-text'] || null,
    }),
    ...metricsOf('pool/label_accuracy/', accuracyByBand(voted.map(auditedLabel))),
    ...rightMetrics(ctx, labels),
  };
}

/**
 * Returns the shares of right labels and of ill-posed questions, of all kept labels and of all labels. Empty without
 * an oracle, and if the labels are given instead of voted. Computed labels are only counted.
 */
function rightMetrics(
  { config, domain }: Pick<RunContext, 'config' | 'domain'>,
  questions: readonly LabelledQuestion[],
): Record<string, number> {
  if (domain.truth === undefined || config.finetune.data !== 0) return {};
  const curriculum = questions.filter(({ dropped }) => dropped === null);
  if (areComputed(config)) return metricsOf('pool/', { labels_computed: curriculum.length });
  const kept = countLabels(curriculum);
  const labelled = votedLabels(questions);
  const all = countLabels(labelled);
  return {
    ...metricsOf('pool/', {
      labels_right: rightShare(kept),
      labels_ill_posed: illPosedShare(kept),
      labels_right_all: rightShare(all),
      labels_ill_posed_all: illPosedShare(all),
    }),
    ...metricsOf('pool/labels_right/', rightByBand(labelled)),
  };
}

/** Returns the band that was used, if it differs from the configured one. */
export function bandMetrics(
  ctx: Pick<RunContext, 'config'>,
  { minAgreement, maxAgreement }: Band,
): Record<string, number> {
  const { filter: settings } = ctx.config;
  if (minAgreement === settings.minAgreement && maxAgreement === settings.maxAgreement) return {};
  return metricsOf('pool/', { band_min: minAgreement, band_max: maxAgreement });
}

/** Returns the metrics that the monitors watch. */
export function watchedMetrics(
  ctx: Pick<RunContext, 'config'>,
  labels: readonly LabelledQuestion[],
): Record<string, number> {
  return metricsOf('pool/', {
    clusters: distinctShare(
      ctx,
      labels.map((label) => label.question),
    ),
    unanswered: unansweredShare(labels.map((label) => label.tally)),
    agreement_gap: agreementGap(labels),
  });
}

function usesGate({ config: { filter } }: { config: Pick<RunConfig, 'filter'> }, gate: 'views' | 'verifier'): boolean {
  return filter.gate === gate || filter.gate === 'both';
}
