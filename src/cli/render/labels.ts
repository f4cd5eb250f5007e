/** Label accuracy of a run by auditor, with the paper's figures for comparison. Pure. */

import type { AuditedShare, IterationSummary, LabelAudit, LabelCounts } from '../../events.ts';
import { illPosedShare, rightShare } from '../../loop/pool/label-counts.ts';
import { percent, splitTable } from './format.ts';

/** The paper's pseudo-labels in iterations 1 to 3, with GPT-4o as judge (arXiv 2508.05004). */
const PAPER_LABEL_ACCURACY: readonly number[] = [0.79, 0.69, 0.63];

/**
 * One row per auditor, one column per iteration; each cell states what it is a share of. Empty when no auditor has a
 * figure.
 */
export function labelTable(rows: readonly IterationSummary[], columns: number): string[] {
  const trained = rows.filter(({ iteration }) => iteration > 0);
  const known = AUDITORS.map(([name, cellOf]) => [name, ...trained.map((row) => cellOf(row) || '—')]).filter((row) =>
    row.slice(1).some((cell) => cell !== '—'),
  );
  if (known.length === 0) return [];
  const paper = trained.map(({ iteration }) => percent(PAPER_LABEL_ACCURACY[iteration - 1] ?? null, 0));
  const heading = ['labels right', ...trained.map(({ iteration }) => `iteration ${iteration}`)];
  return splitTable([heading, ...known, ['the paper (GPT-4o)', ...paper]], columns);
}

/** Returns whether planted questions, a judge or other wordings audited the labels. */
export function hasAudit(rows: readonly IterationSummary[]): boolean {
  return rows.some(({ audit }) => audit && (audit.planted !== null || audit.judge !== null || audit.views));
}

type Cell = (row: IterationSummary) => string | false | null | undefined;

const AUDITORS: [name: string, cell: Cell][] = [
  ['computed, all kept', ({ labels }) => (labels?.computed ? String(labels.labels) : null)],
  ['oracle, all kept', ({ labels }) => checked(labels) && of(rightShare(labels), labels.labels)],
  ['  the well-posed', ({ labels }) => checked(labels) && of(...wellPosed(labels))],
  ['  ill-posed', ({ labels }) => checked(labels) && of(illPosedShare(labels), labels.labels)],
  ['planted, in the band', ({ audit }) => audit?.planted && of(audit.planted.accuracy, audit.planted.of)],
  ['judge, all verdicts', ({ audit }) => audit?.judge && of(...allVerdicts(audit.judge))],
  ['  the decided', ({ audit }) => audit?.judge && of(audit.judge.accuracy, audit.judge.of)],
  ['  without a reply', ({ audit }) => (audit?.judge?.failed ? String(audit.judge.failed) : null)],
  ['other wordings agree', ({ audit }) => audit?.views && of(audit.views.value, audit.views.of)],
  ['  95 % interval', ({ audit }) => audit?.views && `${percent(audit.views.low, 0)}–${percent(audit.views.high, 0)}`],
];

/** Whether an oracle checked the labels. There is nothing to check where code computed them. */
function checked(labels: LabelCounts | null): labels is LabelCounts {
  return labels !== null && labels.computed !== true;
}

function wellPosed({ labels, right, illPosed }: LabelCounts): [share: number | null, count: number] {
  const rest = labels - illPosed;
  return [rest === 0 ? null : right / rest, rest];
}

/** Returns the share of labels judged correct among all with a verdict: an undecided one is not judged correct. */
function allVerdicts(judge: AuditedShare & Pick<NonNullable<LabelAudit['judge']>, 'undecided'>): [number, number] {
  const all = judge.of + judge.undecided;
  return [(judge.accuracy * judge.of) / all, all];
}

function of(share: number | null, count: number): string | null {
  return share === null || count === 0 ? null : `${percent(share)} of ${count}`;
}
