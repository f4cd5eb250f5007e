/** How right a run's labels were, by whoever can tell, beside what the paper reports of its own. Pure. */

import type { AuditedShare, IterationSummary } from '../../events.ts';
import { percent, table } from './format.ts';

/** The paper's pseudo-labels in iterations 1 to 3, with GPT-4o as judge (arXiv 2508.05004). */
export const PAPER_LABEL_ACCURACY: readonly number[] = [0.79, 0.69, 0.63];

/** One row an auditor, one column an iteration; nothing where nobody can tell. */
export function labelTable(rows: readonly IterationSummary[]): string[] {
  const trained = rows.filter(({ iteration }) => iteration > 0);
  const auditors: [string, (row: IterationSummary) => string | null][] = [
    ['oracle, kept labels', ({ labelAccuracy }) => (labelAccuracy === null ? null : percent(labelAccuracy))],
    ['planted questions', ({ audit }) => share(audit?.planted ?? null)],
    ['judge, kept labels', ({ audit }) => share(audit?.judge ?? null)],
  ];
  const told = auditors
    .map(([name, cellOf]) => [name, ...trained.map((row) => cellOf(row) ?? '—')])
    .filter((row) => row.slice(1).some((cell) => cell !== '—'));
  if (told.length === 0) return [];
  const paper = trained.map(({ iteration }) => percent(PAPER_LABEL_ACCURACY[iteration - 1] ?? null, 0));
  return table([
    ['labels right', ...trained.map(({ iteration }) => `iteration ${iteration}`)],
    ...told,
    ['the paper (GPT-4o)', ...paper],
  ]);
}

function share(audited: AuditedShare | null): string | null {
  return audited === null ? null : `${percent(audited.accuracy)} of ${audited.of}`;
}
