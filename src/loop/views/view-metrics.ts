/** Metrics of the audit by views. Pure. */

import { auc } from '../../eval/auc.ts';
import { wilson } from '../../eval/statistics.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import type { AuditedByViews } from '../partials.ts';

/**
 * Returns the number of labels, how many of them have no views, and of the others: `confirmed`, the share that the views'
 * majority confirms, with Wilson's 95 % interval; `agreement`, the mean agreement of the views' votes; `support`, the
 * mean share of these votes that name the label, also by kind of view. If it is known which labels are right: `auc`, how
 * well the support separates right labels from wrong ones; `auc_votes`, the same of the agreement of the label's own votes;
 * and the share of right labels among the confirmed and the other ones.
 */
export function viewMetrics(prefix: string, audited: readonly AuditedByViews[]): Record<string, number> {
  const viewed = audited.filter(({ confirmed }) => confirmed !== null);
  const known = viewed.filter(({ correct }) => correct !== null);
  const confirmed = viewed.filter((one) => one.confirmed);
  const interval = viewed.length === 0 ? null : wilson(confirmed.length, viewed.length);
  const rightOf = (isConfirmed: boolean): number | null =>
    meanOf(known.filter((one) => one.confirmed === isConfirmed).map(({ correct }) => Number(correct)));
  const areaOf = (score: (one: AuditedByViews) => number): number | null =>
    auc(known.map((one) => ({ score: score(one), isTrue: one.correct === true })));
  return metricsOf(prefix, {
    questions: audited.length,
    without_views: audited.length - viewed.length,
    confirmed: interval?.value ?? null,
    confirmed_low: interval?.low ?? null,
    confirmed_high: interval?.high ?? null,
    agreement: meanOf(viewed.map(({ tally }) => tally.agreement)),
    support: meanOf(viewed.map(supportOf)),
    auc: areaOf(supportOf),
    auc_votes: areaOf(({ agreement }) => agreement),
    confirmed_right: rightOf(true),
    unconfirmed_right: rightOf(false),
    ...supportByKind(viewed),
  });
}

/** Returns the share of the votes on wordings that name the label. */
function supportOf({ wordings }: Pick<AuditedByViews, 'wordings'>): number {
  const votes = wordings.reduce((sum, one) => sum + one.votes.length, 0);
  return wordings.reduce((sum, one) => sum + one.forLabel, 0) / votes;
}

/** Returns the mean share of votes for the label on each kind of view. A kind that changes the meaning shows here. */
function supportByKind(viewed: readonly AuditedByViews[]): Record<string, number> {
  const wordings = viewed.flatMap((one) => one.wordings);
  const kinds = [...new Set(wordings.map(({ kind }) => kind))].toSorted();
  return Object.fromEntries(
    kinds.map((kind) => [`support/${kind}`, supportOf({ wordings: wordings.filter((one) => one.kind === kind) })]),
  );
}
