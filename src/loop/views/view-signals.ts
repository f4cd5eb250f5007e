/** Metrics of how well each signal separates right labels from wrong ones, by the domain's oracle. Pure. */

import { auc } from '../../eval/auc.ts';
import type { DropReason, LabelledQuestion } from '../../types.ts';
import { meanOf, metricsOf } from '../metrics.ts';
import type { VotedPool } from '../4-filter.ts';
import type { ViewSplit } from '../pool/voting.ts';

/** Why a question in the band is not trained on. */
const DROPPED_IN_BAND: ReadonlySet<DropReason | null> = new Set([
  null,
  'surplus',
  'views-disagree',
  'verifier-rejects',
]);

/**
 * Returns the AUC of every signal over the labels in the band whose truth is known: `agreement` of all votes, the shares of
 * the votes on `own` words and on other `wordings` that name the label, and `gate`, whether both halves agree; `verifier`, its
 * mean score of the attempts that give the label. With other wordings also the share of the band in which both halves agree, the share of right labels on either side of the gate,
 * and the share of the voted pool without other wordings. What the gates drop counts too.
 */
export function signalMetrics(
  labels: readonly LabelledQuestion[],
  { views = new Map(), verdicts }: Pick<VotedPool, 'views' | 'verdicts'> = {},
): Record<string, number> {
  const inBand = labels.filter(({ dropped }) => DROPPED_IN_BAND.has(dropped));
  const known = inBand.filter(({ labelCorrect }) => labelCorrect !== null);
  const areaOf = (some: readonly LabelledQuestion[], score: (one: LabelledQuestion) => number): number | null =>
    auc(some.map((one) => ({ score: score(one), isTrue: one.labelCorrect === true })));
  const judged = known.filter(({ question }) => verdicts?.has(question.id));
  const agreement = metricsOf('pool/auc/', {
    agreement: areaOf(known, ({ tally }) => tally.agreement),
    verifier: areaOf(judged, ({ question }) => verdicts?.get(question.id)?.support ?? 0),
  });
  if (views.size === 0) return agreement;
  const splitOf = ({ question }: LabelledQuestion): ViewSplit | null => views.get(question.id) ?? null;
  const viewed = inBand.filter((one) => splitOf(one) !== null);
  const both = known.filter((one) => splitOf(one) !== null);
  const agrees = (one: LabelledQuestion): boolean => splitOf(one)?.agree === true;
  const rightWhere = (agree: boolean): number | null =>
    meanOf(both.filter((one) => agrees(one) === agree).map(({ labelCorrect }) => Number(labelCorrect)));
  return {
    ...agreement,
    ...metricsOf('pool/auc/', {
      own: areaOf(both, (one) => splitOf(one)?.own ?? 0),
      wordings: areaOf(both, (one) => splitOf(one)?.others ?? 0),
      gate: areaOf(both, (one) => Number(agrees(one))),
    }),
    ...metricsOf('pool/views/', {
      unreadable: meanOf([...views.values()].map((one) => Number(one === null))),
      agree: meanOf(viewed.map((one) => Number(agrees(one)))),
      right_if_agree: rightWhere(true),
      right_if_not: rightWhere(false),
    }),
  };
}
