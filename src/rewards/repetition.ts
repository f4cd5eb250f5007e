/** What it costs the Challenger to ask what its own batch asks already, or what an earlier iteration asked. */

import type { RunConfig } from '../config/schema.ts';
import { nearestBleuDistances } from '../text/bleu.ts';
import { clusterShares } from '../text/repetition.ts';
import type { InvalidReason } from '../types.ts';

/** The Challenger's dials for repetition. */
export type RepetitionDials = Pick<RunConfig['challenger'], 'repetitionWeight' | 'repetitionThreshold'>;

/**
 * Penalty of each text of a step: its cluster's share of the batch, times the weight (R-Zero, section 3.2).
 * All texts of the step belong in one call, unusable ones as empty strings: they count in the share's
 * denominator and resemble nothing. Order matters a little, since BLEU is not symmetric.
 */
export function repetitionPenalties(texts_P: readonly string[], dials: RepetitionDials): Float64Array {
  if (dials.repetitionWeight === 0 || texts_P.length === 0) return new Float64Array(texts_P.length);
  const { shares } = clusterShares(texts_P, dials.repetitionThreshold);
  return shares.map((share) => dials.repetitionWeight * share);
}

/**
 * Penalty of each question for being near to one of `earlier`: the weight times its BLEU against the nearest of
 * them where 1 − BLEU is below the threshold, else 0. Invalid questions resemble nothing.
 */
export function memoryPenalties(
  questions_P: readonly { text: string; invalid: InvalidReason | null }[],
  earlier: readonly string[],
  dials: RunConfig['memory'],
): Float64Array {
  if (dials.weight === 0 || earlier.length === 0) return new Float64Array(questions_P.length);
  const texts_P = questions_P.map(({ text, invalid }) => (invalid === null ? text : ''));
  return nearestBleuDistances(texts_P, earlier).map((distance) =>
    distance < dials.threshold ? dials.weight * (1 - distance) : 0,
  );
}
