/** Which pairs of responses G-Zero trains on: the lower half of δ, then the filters on their form. Pure. */

import { type PercentileBand, placesInBand } from '../percentile.ts';
import { KEPT_SHIFTS } from './constants.ts';
import { type ResponsePair, type StructuralFault, structuralFault } from './structure.ts';

/** A pair with its δ; null if it could not be computed. */
export interface ShiftedPair extends ResponsePair {
  shift: number | null;
}

/** Why a pair is left out; `low-spread`, `high-spread`: its δ is below or above the band. */
export type PairDrop = 'no-shift' | 'low-spread' | 'high-spread' | StructuralFault;

/**
 * Returns for each pair why it is left out; null: it is kept. The band is of the pairs that have a δ.
 * @param fewest fewest characters of a chosen response; default: G-Zero's
 */
export function choosePairs(
  pairs_P: readonly ShiftedPair[],
  band: PercentileBand = KEPT_SHIFTS,
  fewest?: number,
): (PairDrop | null)[] {
  const shifts = pairs_P.flatMap(({ shift }) => shift ?? []);
  const places = placesInBand(shifts, band);
  let next = 0;
  return pairs_P.map((pair) => {
    if (pair.shift === null) return 'no-shift';
    const place = places[next++];
    if (place === 'inside') return structuralFault(pair, fewest);
    return place === 'below' ? 'low-spread' : 'high-spread';
  });
}
