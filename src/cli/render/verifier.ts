/** The Verifier's part of a report: its entrance test by iteration. The notices say why it is not used. Pure. */

import { wordsFor } from '../../loop/verifier/entrance.ts';
import type { VerifierReport } from '../../loop/verifier/report.ts';
import { percent, significant, splitTable } from './format.ts';

/** One row per measure and one column per iteration; empty for a run without a Verifier. */
export function verifierLines(reports: readonly VerifierReport[], columns: number): string[] {
  if (reports.length === 0) return [];
  const kinds = [...new Set(reports.flatMap(({ entrance }) => Object.keys(entrance.caught)))];
  const row = (name: string, cellOf: (report: VerifierReport) => string): string[] => [name, ...reports.map(cellOf)];
  const rows = [
    row('passes its entrance test', ({ entrance }) => (entrance.passes ? 'yes' : 'no')),
    ...kinds.map((kind) => row(`caught: ${wordsFor(kind)}`, ({ entrance }) => percent(entrance.caught[kind] ?? null))),
    row('agrees with consensus', ({ entrance }) => percent(entrance.consensus.share)),
    row('agrees with likelihood', ({ entrance }) => percent(entrance.likelihood.share)),
    row('same in the other order', ({ entrance }) => percent(entrance.stable)),
    row('attempts called right', ({ yes }) => percent(yes)),
    row('judge gap', ({ judgeGap }) => percent(judgeGap)),
    row('variety of the attempts', ({ variety }) => percent(variety)),
    row('AUC of its scores', ({ auc }) => number(auc.verifier)),
    row('AUC of the votes', ({ auc }) => number(auc.majority)),
    row('labels accepted', ({ accepted }) => percent(accepted)),
  ].filter(([, ...cells]) => cells.some((cell) => cell !== '—'));
  const heading = ['', ...reports.map(({ iteration }) => `iteration ${iteration}`)];
  return splitTable([heading, ...rows], columns);
}

function number(value: number | null): string {
  return value === null ? '—' : significant(value);
}
