/** Label accuracy of a run by auditor, with the paper's figures for comparison. Pure. */

import type { AuditedShare, IterationSummary, LabelAudit } from '../../events.ts';
import { count, percent, splitTable } from './format.ts';

/** The paper's pseudo-labels in iterations 1 to 3, with GPT-4o as judge (arXiv 2508.05004). */
const PAPER_LABEL_ACCURACY: readonly number[] = [0.79, 0.69, 0.63];

/** One row per auditor, one column per iteration. Empty when no auditor has a figure. */
export function labelTable(rows: readonly IterationSummary[], columns: number): string[] {
  const trained = rows.filter(({ iteration }) => iteration > 0);
  const auditors: [string, (row: IterationSummary) => string | null][] = [
    ['oracle, kept labels', ({ labelAccuracy }) => (labelAccuracy === null ? null : percent(labelAccuracy))],
    ['planted questions', ({ audit }) => share(audit?.planted ?? null)],
    ['judge, kept labels', ({ audit }) => share(audit?.judge ?? null)],
    ['judge, no verdict', ({ audit }) => withoutVerdict(audit?.judge ?? null)],
  ];
  const known = auditors
    .map(([name, cellOf]) => [name, ...trained.map((row) => cellOf(row) ?? '—')])
    .filter((row) => row.slice(1).some((cell) => cell !== '—'));
  if (known.length === 0) return [];
  const paper = trained.map(({ iteration }) => percent(PAPER_LABEL_ACCURACY[iteration - 1] ?? null, 0));
  const heading = ['labels right', ...trained.map(({ iteration }) => `iteration ${iteration}`)];
  return splitTable([heading, ...known, ['the paper (GPT-4o)', ...paper]], columns);
}

function share(audited: AuditedShare | null): string | null {
  return audited === null || audited.of === 0 ? null : `${percent(audited.accuracy)} of ${audited.of}`;
}

/** Labels on which the judge was undecided, gave no verdict that can be read, or no reply. */
function withoutVerdict(judge: LabelAudit['judge']): string | null {
  if (judge === null) return null;
  const none = judge.undecided + judge.failed;
  return none === 0 ? null : `${count(none)} of ${count(judge.of + none)}`;
}
