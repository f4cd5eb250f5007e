/** How right the Solver's majority is, by how united it is. Pure. */

import { wilson } from '../../src/eval/statistics.ts';
import type { Estimate, LabelledQuestion } from '../../src/types.ts';

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

/** Bands that hold at least one audited question, lowest first. */
export function bandsOf(labels: readonly LabelledQuestion[]): Band[] {
  const counts = Array.from({ length: BANDS }, () => ({ audited: 0, correct: 0 }));
  for (const { tally, labelCorrect } of labels) {
    if (labelCorrect === null) continue;
    // The addend keeps 3 of 10, stored as 0.2999…, in the band that starts there.
    const band = counts[Math.min(BANDS - 1, Math.floor(tally.agreement * BANDS + 1e-9))];
    band.audited++;
    if (labelCorrect) band.correct++;
  }
  return counts.flatMap(({ audited, correct }, at) =>
    audited === 0
      ? []
      : [{ from: at / BANDS, to: (at + 1) / BANDS, audited, correct, accuracy: wilson(correct, audited) }],
  );
}
