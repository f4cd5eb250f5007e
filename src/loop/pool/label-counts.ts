/**
 * Counts of labels by what the domain's oracle says of them. A question without an answer (ill-posed) has no right
 * label, so it counts in every share. Pure.
 */

import { accuracyByBand, accuracyOf, type AuditedLabel } from '../../eval/label-bands.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { LabelCounts } from '../../events.ts';
import type { LabelledQuestion } from '../../types.ts';

/** Returns whether code computes the labels of a run. Given answers (`rzero finetune`) are not computed. */
export function areComputed({ labels, finetune }: Pick<RunConfig, 'labels' | 'finetune'>): boolean {
  return labels === 'computed' && finetune.data === 0;
}

/** Returns the labels that votes gave. Given answers have no attempts, and some questions get no answer. */
export function votedLabels(labels: readonly LabelledQuestion[]): LabelledQuestion[] {
  return labels.filter(({ tally, dropped }) => tally.attempts > 0 && tally.label !== null && dropped !== 'no-answer');
}

/** Counts the right labels and the ill-posed questions among `labels`. */
export function countLabels(labels: readonly LabelledQuestion[]): LabelCounts {
  return {
    labels: labels.length,
    right: labels.filter(({ labelCorrect }) => labelCorrect === true).length,
    illPosed: labels.filter(({ truth }) => truth === null).length,
  };
}

/** Returns the share of right labels, of all; null if there are none. */
export function rightShare({ labels, right }: LabelCounts): number | null {
  return labels === 0 ? null : right / labels;
}

/** Returns the share of right labels by `format`; labels that code computed have none to report. */
export function rightText(labels: LabelCounts | null, format: (share: number | null) => string): string {
  return labels?.computed === true ? 'computed' : format(labels && rightShare(labels));
}

/** Returns the share of labels on ill-posed questions, of all; null if there are none. */
export function illPosedShare({ labels, illPosed }: LabelCounts): number | null {
  return labels === 0 ? null : illPosed / labels;
}

/** Returns the share of right labels by band of agreement (`0.3-0.4`), of all labels in the band. */
export function rightByBand(labels: readonly LabelledQuestion[]): Record<string, number> {
  return accuracyByBand(labels.map(withIllPosed));
}

/** Returns the agreement of a label and whether it is right; the label of an ill-posed question is not. */
export function withIllPosed({ tally, labelCorrect }: LabelledQuestion): AuditedLabel {
  return { agreement: tally.agreement, correct: labelCorrect === true };
}

/** Returns the share of right labels among those whose question has an answer; null if there are none. */
export function wellPosedAccuracy(labels: readonly LabelledQuestion[]): number | null {
  return accuracyOf(labels.map(auditedLabel));
}

/** Returns the agreement and correctness of a label; the correctness of an ill-posed question's label is null. */
export function auditedLabel({ tally, labelCorrect }: LabelledQuestion): AuditedLabel {
  return { agreement: tally.agreement, correct: labelCorrect };
}

/**
 * Returns whether an oracle audited these labels, from the labels alone. Only an oracle that could answer none of the
 * questions is overlooked.
 */
export function areAudited(labels: readonly LabelledQuestion[]): boolean {
  return labels.some(({ truth }) => truth !== null);
}
