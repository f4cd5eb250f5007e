/** What it costs the Challenger to ask what its own batch asks already. */

import type { RunConfig } from '../config/schema.ts';
import { clusterShares } from '../text/repetition.ts';

/** The Challenger's dials for repetition. */
export type RepetitionDials = Pick<RunConfig['challenger'], 'repetitionWeight' | 'repetitionThreshold'>;

/**
 * Penalty of each text of a step: its cluster's share of the batch, times the weight (r-zero spec 1.4, step 5).
 * All texts of the step belong in one call, unusable ones as empty strings: they count in the share's
 * denominator and resemble nothing. Order matters a little, since BLEU is not symmetric.
 */
export function repetitionPenalties(texts_P: readonly string[], dials: RepetitionDials): Float64Array {
  if (dials.repetitionWeight === 0 || texts_P.length === 0) return new Float64Array(texts_P.length);
  const { shares } = clusterShares(texts_P, dials.repetitionThreshold);
  return shares.map((share) => dials.repetitionWeight * share);
}
