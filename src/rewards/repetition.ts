/** Penalties for questions that repeat others of the batch, or questions of earlier iterations. */

import type { RunConfig } from '../config/schema.ts';
import { nearestBleuDistances } from '../text/bleu.ts';
import { clusterShares } from '../text/repetition.ts';
import type { InvalidReason } from '../types.ts';

/** The settings of the repetition penalty. */
export type RepetitionDials = Pick<RunConfig['challenger'], 'repetitionWeight' | 'repetitionThreshold'>;

/**
 * Computes the penalty of each text of a step: the weight times the share of the batch in its cluster (R-Zero, section
 * 3.2). Pass all texts of the step in one call, with invalid ones as empty strings: they count in the denominator and
 * are similar to nothing. The order matters slightly, because BLEU is not symmetric.
 */
export function repetitionPenalties(texts_P: readonly string[], settings: RepetitionDials): Float64Array {
  if (settings.repetitionWeight === 0 || texts_P.length === 0) return new Float64Array(texts_P.length);
  const { shares } = clusterShares(texts_P, settings.repetitionThreshold);
  return shares.map((share) => settings.repetitionWeight * share);
}

/**
 * Computes the penalty of each question for its similarity to one of `earlier`: the weight times BLEU with the nearest
 * of them if 1 − BLEU is below the threshold, else 0. Invalid questions get 0.
 */
export function memoryPenalties(
  questions_P: readonly { text: string; invalid: InvalidReason | null }[],
  earlier: readonly string[],
  settings: RunConfig['memory'],
): Float64Array {
  if (settings.weight === 0 || earlier.length === 0) return new Float64Array(questions_P.length);
  const texts_P = questions_P.map(({ text, invalid }) => (invalid === null ? text : ''));
  return nearestBleuDistances(texts_P, earlier).map((distance) =>
    distance < settings.threshold ? settings.weight * (1 - distance) : 0,
  );
}
