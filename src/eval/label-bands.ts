/** Accuracy of the Solver's majority labels by their agreement. Pure; the loop stores it as metrics. */

import type { Estimate } from '../types.ts';
import { wilson } from './statistics.ts';

/** Questions with agreement in [from, to), in tenths; the last band includes 1. */
export interface Band {
  from: number;
  to: number;
  /** Questions with a label and a known true answer. */
  audited: number;
  correct: number;
  accuracy: Estimate;
}

const BANDS = 10;

/** A label with its agreement and correctness; null if the correctness is unknown. */
export interface AuditedLabel {
  /** 0..1. */
  agreement: number;
  correct: boolean | null;
}

/** Returns the bands with at least one audited label, lowest first. */
export function bandsOf(labels: readonly AuditedLabel[]): Band[] {
  const counts = Array.from({ length: BANDS }, () => ({ audited: 0, correct: 0 }));
  for (const { agreement, correct } of labels) {
    if (correct === null) continue;
    // The small addend puts 3 of 10, stored as 0.2999…, into the band that starts at 0.3.
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

/** Computes the share of right labels by band, e.g. `0.3-0.4`. */
export function accuracyByBand(labels: readonly AuditedLabel[]): Record<string, number> {
  return Object.fromEntries(
    bandsOf(labels).map(({ from, to, accuracy }) => [`${from.toFixed(1)}-${to.toFixed(1)}`, accuracy.value]),
  );
}

/** Computes the share of right labels among the auditable ones; null if there are none. */
export function accuracyOf(labels: readonly AuditedLabel[]): number | null {
  const audited = labels.filter(({ correct }) => correct !== null);
  return audited.length === 0 ? null : audited.filter(({ correct }) => correct).length / audited.length;
}
