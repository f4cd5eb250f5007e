/** The part of a model's card about audits of its labels: planted questions, a judge, other wordings. Pure. */

import type { IterationSummary, LabelAudit } from '../../events.ts';
import { percent, percentage } from '../../text/numbers.ts';
import { table } from '../card-text.ts';

interface Auditor {
  heading: string;
  about: string;
  /** Null if the iteration has no such audit. */
  cell: (audit: LabelAudit) => string | null;
}

const AUDITORS: readonly Auditor[] = [
  {
    heading: 'planted questions',
    about: 'Planted questions have known answers; the share is of those that pass the filter.',
    cell: ({ planted }) => (planted === null ? null : shareOf(planted.accuracy, planted.of)),
  },
  {
    heading: 'judge',
    about: "The judge's share is of the labels that it decided on.",
    cell: ({ judge }) => (judge === null ? null : shareOf(judge.accuracy, judge.of)),
  },
  {
    heading: 'other wordings',
    about: 'Other wordings: the share of the kept labels that votes on the same question in other words confirm.',
    cell: ({ views }) =>
      views === undefined
        ? null
        : `${shareOf(views.value, views.of)}${views.of === 0 ? '' : ` [${percentage(views.low)}, ${percentage(views.high)}]`}`,
  },
];

/** Returns the paragraph and table; null if nothing was audited. */
export function auditText(rows: readonly IterationSummary[]): string | null {
  const audited = rows.flatMap(({ iteration, audit }) => (audit === undefined ? [] : [{ iteration, audit }]));
  const known = AUDITORS.filter(({ cell }) => audited.some(({ audit }) => cell(audit) !== null));
  if (known.length === 0) return null;
  const lines = audited.map(({ iteration, audit }) => [
    String(iteration),
    ...known.map(({ cell }) => cell(audit) ?? ''),
  ]);
  const about = `Audits of the labels in training, shares with the number of labels. ${known.map(({ about: text }) => text).join(' ')}`;
  return `${about}\n\n${table(['iteration', ...known.map(({ heading }) => heading)], lines)}`;
}

function shareOf(share: number, count: number): string {
  return count === 0 ? 'of 0' : `${percent(share)} of ${count}`;
}
