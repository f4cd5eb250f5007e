/** How right the Solver's majority is, by how united it is. Pure. */

import type { Estimate } from '../types.ts';
import { wilson } from './statistics.ts';

/** Questions whose agreement lies in [from, to), in tenths; the last band includes 1. */
export interface Band {
  from: number;
  to: number;
  /** Questions with a label and a truth to compare it with. */
  audited: number;
  correct: number;
  accuracy: Estimate;
}

const BANDS = 10;

/** What a band counts: a label by its votes, and whether it is right; null where nobody can tell. */
export interface AuditedLabel {
  /** 0..1. */
  agreement: number;
  correct: boolean | null;
}

/** Bands that hold at least one audited label, lowest first. */
export function bandsOf(labels: readonly AuditedLabel[]): Band[] {
  const counts = Array.from({ length: BANDS }, () => ({ audited: 0, correct: 0 }));
  for (const { agreement, correct } of labels) {
    if (correct === null) continue;
    // The addend keeps 3 of 10, stored as 0.2999…, in the band that starts there.
    const band = counts[Math.min(BANDS - 1, Math.floor(agreement * BANDS + 1e-9))];
    band.audited++;
    if (correct) band.correct++;
  }
  return counts.flatMap(({ audited, correct }, at) =>
    audited === 0
      ? []
      : [{ from: at / BANDS, to: (at + 1) / BANDS, audited, correct, accuracy: wilson(correct, audited) }],
  );
}

/** Share of right labels by band, e.g. `0.3-0.4`. */
export function accuracyByBand(labels: readonly AuditedLabel[]): Record<string, number> {
  return Object.fromEntries(
    bandsOf(labels).map(({ from, to, accuracy }) => [`${from.toFixed(1)}-${to.toFixed(1)}`, accuracy.value]),
  );
}

/** Share of right labels among those that somebody can tell; null where there is none. */
export function accuracyOf(labels: readonly AuditedLabel[]): number | null {
  const audited = labels.filter(({ correct }) => correct !== null);
  return audited.length === 0 ? null : audited.filter(({ correct }) => correct).length / audited.length;
}
